import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRegrouping } from '../../src/logs/regrouping.ts'
import type { LogRow } from '../../src/platform/log-row.ts'
import { aRow, aTrace, rowsOf, timeAt } from './row-samples.ts'

/** Messages of every group, as they are told when everything is over. */
function grouped(rows: readonly LogRow[]): string[][] {
  const regrouping = createRegrouping()
  return [...regrouping.take(rows), ...regrouping.end()].map((group) => group.rows.map(({ message }) => message))
}

const wrapped = [
  'In Connection.php line 568:',
  '',
  "  SQLSTATE[42000]: Syntax error or access violation: 1061 Duplicate key name 'idx_a'  ",
  '  (Connection: mysql, SQL: alter table)  ',
  '',
]
const fatal = [
  'PHP Fatal error:  Uncaught Error: no in /a/b.php:3',
  'Stack trace:',
  '#0 /a/c.php(1): f()',
  '#1 {main}',
  '  thrown in /a/b.php on line 3',
]
const json = ['{', '  "message": "two", ', '  "a": [', '    {"b": "}"}', '  ]', '}']
const traceback = ['Traceback (most recent call last):', '  File "/a.py", line 3, in f', '    g()', 'ValueError: no']

describe('rows that were printed as one thing', () => {
  it.each([
    ['a stack trace of Laravel', aTrace()],
    ['one whose frames came in another order', aTrace(), [0, 3, 1, 2, 5, 4, 6]],
    ['one whose end came before its last frames', aTrace(), [0, 1, 2, 6, 3, 4, 5]],
    ['one whose first row came last', aTrace(), [1, 2, 3, 4, 5, 6, 0]],
    [
      'a message of several lines without a trace',
      ['[2025-12-12 17:34:42] production.ERROR: x {"exception":"[object] (Boom(code: 0): one', 'two at /a.php:1)"}'],
    ],
    ['a wrapped line of artisan', wrapped],
    [
      'one that is wrapped without a block',
      ['In Connection.php line 568:', `SQLSTATE[42S01]: ${'x'.repeat(50)}`, 'and the rest'],
    ],
    ['an uncaught error of PHP', fatal],
    ['JSON over several rows', json],
    ['a traceback of Python', traceback],
  ])('%s is one entry', (_, messages, order = messages.map((__, index) => index)) => {
    const moved = order.map((index) => messages[index] ?? '')
    const around = ['Starting Container', ...moved, 'Waiting for database... (1/30)']
    expect(grouped(rowsOf(around))).toEqual([['Starting Container'], messages, ['Waiting for database... (1/30)']])
  })

  it('rows of other containers in between do not end it', () => {
    const rows = rowsOf(aTrace()).flatMap((row, index) => [
      row,
      aRow({ time: timeAt(index / 10), message: `other ${index}`, instanceId: 'i2' }),
    ])
    const groups = grouped(rows)
    expect(groups[0]).toEqual(aTrace())
    expect(groups).toHaveLength(1 + aTrace().length)
  })

  it('a line of another process of the same container stands beside it', () => {
    const [head = '', mark = '', ...rest] = aTrace()
    const supervisor = "2025-11-10 20:10:10,123 INFO spawned: 'queue-worker_00' with pid 88"
    expect(grouped(rowsOf([head, mark, supervisor, ...rest]))).toEqual([aTrace(), [supervisor]])
  })

  it('two traces are two entries', () => {
    expect(grouped(rowsOf([...aTrace(2, 'A'), ...aTrace(3, 'B')]))).toEqual([aTrace(2, 'A'), aTrace(3, 'B')])
    const cut = aTrace().slice(0, 3)
    expect(grouped(rowsOf([...cut, ...aTrace()]))).toEqual([cut, aTrace()])
  })

  it('a trace with the one before it stays as it came', () => {
    const [head = '', ...rest] = aTrace(2)
    const both = [
      head,
      ...rest.slice(0, -1),
      '[previous exception] [object] (PDOException(code: 0): no at /a.php:3)',
      ...rest,
    ]
    expect(grouped(rowsOf(both))).toEqual([both])
  })

  it.each([
    ['a line that only has a level', '[2025-12-12 17:34:42] production.ERROR: Session store not set on request.'],
    ['a whole object', '{"message":"one","level":"info"}'],
    ['a step of a build', '#5 [internal] load build definition from Dockerfile'],
    ['an object that was cut', '{"message":"one and'],
  ])('%s stands for itself', (_, message) => {
    expect(grouped(rowsOf([message, 'next']))).toEqual([[message], ['next']])
  })
})

describe('a group that is not ended', () => {
  const begun = aTrace().slice(0, 4)

  it('is over when time has passed', () => {
    const regrouping = createRegrouping()
    expect(regrouping.take(rowsOf(begun))).toEqual([])
    expect(regrouping.passed(Date.parse(timeAt(900)))).toEqual([])
    expect(regrouping.passed(Date.parse(timeAt(1_100))).map(({ rows }) => rows.length)).toEqual([4])
    expect(regrouping.end()).toEqual([])
  })

  it('is over when a row of anybody is so much younger', () => {
    const regrouping = createRegrouping()
    regrouping.take(rowsOf(begun))
    const over = regrouping.take([aRow({ time: timeAt(2_000), instanceId: 'i9' })])
    expect(over.map(({ rows }) => rows.length)).toEqual([4, 1])
  })

  it('is told in parts when it is too long', () => {
    const groups = grouped(rowsOf(aTrace(1_200), { time: timeAt(0) }))
    expect(groups.map((group) => group.length)).toEqual([500, 500, 204])
  })

  it('does not hold back others without bound', () => {
    const regrouping = createRegrouping()
    regrouping.take(rowsOf(begun))
    const others = Array.from({ length: 6_000 }, () => aRow({ instanceId: 'i2' }))
    expect(regrouping.take(others)).toHaveLength(6_001)
  })
})

it('no row is lost or told twice, whatever comes in whatever order', () => {
  const message = fc.oneof(
    fc.constantFrom(
      ...aTrace(),
      ...wrapped,
      ...fatal,
      ...json,
      ...traceback,
      '"}',
      '{"a":1}',
      '[previous exception] x',
    ),
    fc.string({ maxLength: 30 }),
  )
  const row = fc.record({ message, instance: fc.constantFrom('a', 'b'), step: fc.constantFrom(0, 0, 0.1, 1, 700) })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (spoken, size) => {
      let at = 0
      const rows = spoken.map(({ message: said, instance, step }) => {
        at += step
        return aRow({ message: said, instanceId: instance, time: timeAt(at) })
      })
      const regrouping = createRegrouping()
      const groups = []
      for (let index = 0; index < rows.length; index += size)
        groups.push(...regrouping.take(rows.slice(index, index + size)))
      groups.push(...regrouping.end())
      const out = groups.flatMap((group) => group.rows)
      expect(out).toHaveLength(rows.length)
      expect(new Set(out)).toEqual(new Set(rows))
      for (const group of groups) expect(new Set(group.rows.map(({ instanceId }) => instanceId)).size).toBe(1)
    }),
    { numRuns: 500 },
  )
})

it('the rows of a container come out in order, but for those that a trace puts right', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('x', 'y', ...wrapped, ...json), { maxLength: 40 }), (messages) => {
      const rows = rowsOf(messages)
      const regrouping = createRegrouping()
      expect([...regrouping.take(rows), ...regrouping.end()].flatMap((group) => group.rows)).toEqual(rows)
    }),
  )
})
