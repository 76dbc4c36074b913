import { describe, expect, it } from 'vitest'
import type { OperatorError } from '../../src/kit/errors.ts'
import { judgeArtisan } from '../../src/operations/artisan-command.ts'

describe('an artisan command', () => {
  it.each<[string, boolean]>([
    ['migrate:status', false],
    ['migrate --pretend', false],
    ['migrate:rollback --pretend --step=1', false],
    ['schedule:list', false],
    ['config:show app', false],
    ['--version', false],
    ['migrate --force', true],
    ['migrate:rollback --step=1 --force', true],
    ['queue:restart', true],
    ['cache:clear', true],
    ['db:seed', true],
    ['tinker --execute=1', true],
    ['invoices:send', true],
    ['--env=production migrate:status', true],
  ])('%s: may it change something? %s', (words, changes) => {
    expect(judgeArtisan(words.split(' ')).changes).toBe(changes)
  })

  it.each([
    'migrate:fresh',
    'migrate:refresh --seed',
    'migrate:reset',
    'db:wipe --force',
    'mi:fr --force',
    'MIGRATE:FRESH',
    'db:w',
    '--env production migrate:fresh',
    '-v db:wipe',
  ])('%s is refused: it throws data away', (words) => {
    expect(() => judgeArtisan(words.split(' '))).toThrow(/may throw away tables/)
  })

  it.each(['php artisan about', 'artisan migrate'])('%s is refused: php artisan stands before it already', (words) => {
    expect(() => judgeArtisan(words.split(' '))).toThrow(/artisan would look for a command named (php|artisan)\./)
  })

  it.each(['config:cache', 'config:clear', 'route:cache', 'view:clear', 'optimize', 'optimize:clear', 'conf:ca'])(
    '%s is refused: caches are made where a container starts',
    (words) => {
      const judge = () => judgeArtisan(words.split(' '))
      expect(judge).toThrow(/caches are made where a container starts/)
      expect(judge).toThrow(
        expect.objectContaining<Partial<OperatorError>>({ kind: 'refused', code: 'command-refused' }),
      )
    },
  )
})
