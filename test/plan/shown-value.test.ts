import { expect, test } from 'vitest'
import { shownCommand, shownDesired, shownObserved } from '../../src/plan/shown-value.ts'
import { ref } from '../support/builders.ts'

test.each([
  ['', '(empty)'],
  ['true', 'true'],
  ['False', 'False'],
  ['null', 'null'],
  ['8080', '8080'],
  [ref('postgres.DATABASE_URL'), ref('postgres.DATABASE_URL')],
  [`https://${ref('api.RAILWAY_PUBLIC_DOMAIN')}`, `https://${ref('api.RAILWAY_PUBLIC_DOMAIN')}`],
  [`http://${ref('api.RAILWAY_PRIVATE_DOMAIN')}:8080`, `http://${ref('api.RAILWAY_PRIVATE_DOMAIN')}:8080`],
])('%j cannot be a password and is shown as %j', (value, shown) => {
  expect(shownObserved(value)).toBe(shown)
  expect(shownObserved(value, 'production')).toBe(shown)
})

test.each([
  'Swordfish',
  'aBcDeFgHiJkLmNoP',
  '123456',
  'word-with-dash',
  'seventeenletterss',
  'base64:AAAA',
  `postgresql://user:pass@${ref('postgres.HOST')}`,
  `${ref('postgres.PGUSER')}sesame`,
  `https://user:sesame@${ref('api.RAILWAY_PUBLIC_DOMAIN')}`,
  `sesame ${ref('unclosed').slice(0, -2)}`,
  ' true',
  'true\nsesame',
])('%j may be a password and is hidden, whatever is wanted', (value) => {
  expect(shownObserved(value)).toBe('(hidden)')
  expect(shownObserved(value, 'production')).toBe('(hidden)')
})

test('a lower-case word is shown only beside another word that the config wants there', () => {
  expect(shownObserved('staging', 'production')).toBe('staging')
  expect(shownObserved('letmein', ref('postgres.PGPASSWORD'))).toBe('(hidden)')
  expect(shownObserved('letmein')).toBe('(hidden)')
})

test('what the config says is shown, on one line and not without end', () => {
  expect(shownDesired('a\u001b[31m\nb')).toBe('a b')
  expect(shownDesired('x'.repeat(300))).toHaveLength(200)
})

test.each([
  ['serve', ''],
  ['serve --verbose --no-daemon', ''],
  ['serve $PORT ${HOST}', ''],
  ['migrate ; seed', ''],
  ['php artisan serve --port=8080', 'php artisan serve --port=8080 --host=0.0.0.0'],
])('command %j cannot hold a password where %j is wanted, and is shown', (command, wanted) => {
  expect(shownCommand(command, wanted)).toBe(command)
})

test.each([
  'redis-server --requirepass hunter2',
  'redis-server --requirepass letmein',
  'mysql -phunter2',
  'serve --key=hunter2',
  'KEY=hunter2 serve',
  'serve 12345',
  'https://user:hunter2@example.com',
  'serve ; seed hunter2',
])('command %j may hold a password and is hidden', (command) => {
  expect(shownCommand(command, 'redis-server')).toBe('(hidden)')
})
