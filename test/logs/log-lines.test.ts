import { describe, expect, it } from 'vitest'
import { logLines } from '../../src/logs/log-lines.ts'
import { aRow } from './rows.ts'

const secret = 'Zk9x/Qm2+rT7vB4='

function messages(...printed: string[]): string[] {
  return logLines(printed.map((message, nth) => aRow(nth, message))).map(({ message }) => message)
}

describe('a log that is shown line by line', () => {
  it.each([
    ['as it was printed', '   INFO  Nothing to migrate.', '   INFO  Nothing to migrate.'],
    ['without what a terminal would obey', '\u001b[2J\u202eover\nthere\u0007', ' over there '],
    ['without what looks like a secret', `DB=pgsql://app:${secret}@db/app`, 'DB=pgsql://app:[secret]@db/app'],
    ['without a secret behind a coloured name', `\u001b[33mPASSWORD\u001b[0m=${secret}`, 'PASSWORD=[secret]'],
    [
      'without what a structured line calls secret',
      `{"message":"no","auth":{"token":{"value":"${secret}"}}}`,
      '{"message":"no","auth":{"token":{"value":"[secret]"}}}',
    ],
  ])('tells a line %s', (_, printed, told) => {
    expect(messages(printed)).toEqual([told])
  })

  it('knows what is between the begin and the end of a key', () => {
    const key = ['-----BEGIN PRIVATE KEY-----', 'MIIEvQIBADANBgkqhkiG', '-----END PRIVATE KEY-----', 'ready']
    expect(messages(...key)).toEqual(['[secret]', '[secret]', '[secret]', 'ready'])
  })

  it('tells no line longer than 1,000 characters, and no time longer than a time', () => {
    const [line] = logLines([aRow(0, 'x'.repeat(5_000), { time: '9'.repeat(100) })])
    expect(line?.message).toHaveLength(1_000)
    expect(line?.time).toHaveLength(40)
  })

  it('cuts a line only after its secrets are out', () => {
    expect(messages(`${'x'.repeat(990)} PASSWORD=${secret}`)[0]).not.toContain('Zk9x')
  })
})

describe('a line is an error', () => {
  it.each([
    ['in the words of Laravel', '[2026-11-03 09:00:00] production.ERROR: no queue', 'info', true],
    ['not where it says that it is none', '   INFO  Cached.', 'error', false],
    ['in a field of its own', '{"level":"error","message":"no queue"}', 'info', true],
    ['by the word of the platform where it has none', 'no queue', 'error', true],
    ['not where nobody says so', 'no queue', undefined, false],
  ])('%s', (_, message, severity, isError) => {
    expect(logLines([aRow(0, message, { severity })])[0]?.isError).toBe(isError)
  })
})
