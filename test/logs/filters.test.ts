import { describe, expect, it } from 'vitest'
import { OperatorError } from '../../src/kit/errors.ts'
import { passes } from '../../src/logs/entry-filter.ts'
import { compileGrep } from '../../src/logs/grep.ts'
import { createErrorGroups, summarised } from '../../src/logs/group-errors.ts'
import type { LogEntry } from '../../src/logs/log-entry.ts'
import { platformFilter } from '../../src/logs/platform-filter.ts'
import { id } from '../../src/platform/ids.ts'
import { timeAt } from './row-samples.ts'

function anEntry(entry: Partial<LogEntry> = {}): LogEntry {
  return {
    time: timeAt(0),
    service: 'api',
    deploymentId: 'd1',
    instanceId: 'i1',
    level: 'info',
    message: 'one\ntwo SQLSTATE[42S01]',
    fields: {},
    ...entry,
  }
}

describe('--grep', () => {
  it.each([
    ['sqlstate', true],
    ['SQLSTATE[42S01]', true],
    ['/sqlstate/', false],
    ['/sqlstate/i', true],
    ['/^two/', true],
    ['/one.two/', false],
    ['/SQL[A-Z]+\\[42S\\d{2}\\]/', true],
    ['/(one|zwei) ?$/', true],
    ['/', false],
    ['//', false],
    ['three', false],
  ])('%s finds a line: %s', (given, isFound) => {
    expect(compileGrep(given)(anEntry().message)).toBe(isFound)
  })

  it.each([
    '/(a+)+$/',
    '/(a|aa)*$/',
    '/((a+)b)*/',
    '/(?:a*)*/',
    '/(a{2,}){9}/',
    '/a*b*c*d*e*/',
    '/(a?){30}b/',
    '/((a{0,8}){8}){8}b/',
    '/(a|aa){20}b/',
    '/(?:a{1,40}){2}(?:a+b){3}/',
    `/${'a?'.repeat(14)}b/`,
    `/${'(a|aa)'.repeat(14)}b/`,
    '/(a)\\1/',
    '/(/',
    '/a/g',
    '/a/x',
  ])('%s is refused, because it cannot be read or may take for ever', (given) => {
    expect(() => compileGrep(given)).toThrow(OperatorError)
  })

  it.each([
    '/(a|b)c+/',
    '/[(*+]+/',
    '/\\(\\+\\)+/',
    '/(ab)+/',
    '/a{3}/',
    '/(?:ab{2}){3}/',
    '/(one)?(two|three)?(?<name>four)?/',
    '/colou?r|gr[ae]ys?|https?:/',
    '/user.*?failed/',
    '/^(?:\\S+ ){3}x/',
    '/(\\d{1,3}\\.){3}\\d{1,3}/',
    '/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/',
    '/a{}b{,2}/',
  ])('%s is not', (given) => {
    expect(compileGrep(given)('aaab')).toEqual(expect.any(Boolean))
  })

  it('a pattern that is taken costs little on a line that is made for it', () => {
    const start = performance.now()
    for (const given of [`/${'a?'.repeat(12)}b/`, '/(a{1,8}b?)c/', '/a+a+b/', '/(?:a|aa)(?:a|aa)(?:a|aa)b/']) {
      compileGrep(given)('a'.repeat(1_000))
    }
    expect(performance.now() - start).toBeLessThan(2_000)
  })

  it('sees a line as it is read, without its colours', () => {
    expect(
      passes(anEntry({ message: '\u001b[32mBuild\u001b[0m took 1 s' }), { grep: compileGrep('/^Build took/') }),
    ).toBe(true)
  })

  it('looks into fields as well', () => {
    expect(passes(anEntry({ fields: { context: { user: 'nina' } } }), { grep: compileGrep('Nina') })).toBe(true)
    expect(passes(anEntry(), { grep: compileGrep('nina') })).toBe(false)
  })
})

it('colours make no difference to which errors are the same', () => {
  expect(summarised('\u001b[31mERROR\u001b[0m: job 17 failed')).toBe('ERROR: job <n> failed')
})

it('--level means this bad and worse; services are matched by name', () => {
  expect(passes(anEntry({ level: 'warn' }), { level: 'warn' })).toBe(true)
  expect(passes(anEntry({ level: 'error' }), { level: 'warn' })).toBe(true)
  expect(passes(anEntry({ level: 'info' }), { level: 'warn' })).toBe(false)
  expect(passes(anEntry(), { services: ['worker'] })).toBe(false)
  expect(passes(anEntry({ service: null }), { services: ['api'] })).toBe(false)
})

it.each([
  [[], ''],
  [['a-1'], '@service:a-1'],
  [['a', 'b'], '(@service:a OR @service:b)'],
  [['x" OR -y ()'], '@service:"x  OR -y ()"'],
  [['-a'], '@service:"-a"'],
])('the platform is asked about %j in its own words', (services, filter) => {
  expect(platformFilter(services.map((name) => id<'service'>(name)))).toBe(filter)
})

describe('errors that are the same', () => {
  it('are those thrown at one place, or with the same words but for what differs each time', () => {
    const errors = createErrorGroups()
    const thrown = { exception: 'ErrorException', place: '/a.php:1' }
    errors.take(anEntry({ level: 'error', message: 'user 17', thrown, time: timeAt(3) }))
    errors.take(anEntry({ level: 'error', message: 'user 18', thrown, time: timeAt(1), service: 'worker' }))
    errors.take(anEntry({ level: 'error', message: 'user 19', thrown: { ...thrown, place: '/a.php:2' } }))
    errors.take(anEntry({ level: 'error', message: 'job 0f3a9c21 of "nina" took 12.5 s' }))
    errors.take(anEntry({ level: 'error', message: "job 0f3a9c22 of 'otto' took 3 s" }))
    errors.take(anEntry({ level: 'warn', message: 'not an error' }))
    expect(errors.groups()).toMatchObject([
      {
        exception: 'ErrorException',
        place: '/a.php:1',
        count: 2,
        first: timeAt(1),
        last: timeAt(3),
        services: ['api', 'worker'],
        sample: 'user 17',
      },
      { exception: null, place: null, summary: 'job <hash> of <text> took <n> s', count: 2 },
      { place: '/a.php:2', count: 1 },
    ])
  })

  it.each([
    [
      '[2025-12-12 17:34:42] production.ERROR: Undefined array key "link" {"exception":"[object] (X',
      'Undefined array key <text>',
    ],
    [
      "In Connection.php line 568:\nSQLSTATE[42000]: 1061 Duplicate key name 'idx_a'",
      'SQLSTATE[<n>]: <n> Duplicate key name <text>',
    ],
    ['Error 6f9619ff-8b86-d011-b42d-00cf4fc964ff happened', 'Error <id> happened'],
    ['facade', 'facade'],
  ])('%j is told as %j', (message, summary) => {
    expect(summarised(message)).toBe(summary)
  })

  it('are counted as others when there are too many kinds', () => {
    const errors = createErrorGroups()
    const words = (n: number) => n.toString(2).replaceAll('0', 'x').replaceAll('1', 'y')
    for (let n = 0; n < 1_100; n += 1) errors.take(anEntry({ level: 'error', message: words(n) }))
    expect(errors.groups()).toHaveLength(1_001)
    expect(errors.groups()[0]).toMatchObject({ summary: 'other errors', count: 100 })
  })
})
