import { describe, expect, test } from 'vitest'
import { readLogFilter } from '../../src/local/log-filter.ts'

const row = {
  text: 'Payment of 120 EUR failed: card-declined (code 51)',
  fields: {
    level: 'error',
    service: 'svc-1',
    replica: 'rep-1',
    httpStatus: 502,
    took: '12.5',
    path: '/api/v1/pay',
    upstreamErrors: '',
    'user.name': 'Ana Petrova',
    'tags[0]': 'slow',
    user: { id: 7 },
    paid: false,
  } as Record<string, unknown>,
}
const filtered = { text: row.text, field: (name: string) => row.fields[name] }

test.each<[string, boolean]>([
  ['', true],
  ['   ', true],
  ['payment', true],
  ['PAYMENT EUR', true],
  ['payment refund', false],
  ['"of 120 EUR"', true],
  ['"of 121 EUR"', false],
  ['"a \\"b\\""', false],
  ['card-declined', true],
  ['-refund', true],
  ['-payment', false],
  ['payment -card-declined', false],
  ['-"of 120"', false],
  ['--payment', true],
  ['refund OR payment', true],
  ['refund OR invoice', false],
  ['payment AND refund', false],
  ['payment AND failed', true],
  ['refund AND payment OR failed', true],
  ['failed OR refund AND payment', true],
  ['(failed OR refund) AND invoice', false],
  ['(failed OR refund) payment', true],
  ['-(refund OR invoice)', true],
  ['-(refund OR payment)', false],
  ['((payment))', true],
  ['payment or refund', false],
  ['@level:error', true],
  ['@level:ERR', true],
  ['@level:warn', false],
  ['@level:error OR @level:warn', true],
  ['-@level:error', false],
  ['@service:svc-1', true],
  ['@service:svc', false],
  ['replica:rep-1', true],
  ['@replica:rep-1', true],
  ['-@replica:rep-2', true],
  ['@httpStatus:502', true],
  ['@httpStatus:>=500', true],
  ['@httpStatus:>502', false],
  ['@httpStatus:<503', true],
  ['@httpStatus:<=501', false],
  ['@httpStatus:500..599', true],
  ['@httpStatus:502..502', true],
  ['@httpStatus:400..499', false],
  ['@took:>12', true],
  ['@took:>-1', true],
  ['@took:12.4..12.6', true],
  ['@path:/api/v1/pay', true],
  ['@path:/api', false],
  ['@path:>5', false],
  ['-@path:>5', true],
  ['@user.name:"ana petrova"', true],
  ['@user.name:Ana', false],
  ['@tags[0]:slow', true],
  ['@tags[1]:slow', false],
  ['@paid:false', true],
  ['@missing:x', false],
  ['-@missing:x', true],
  ['@upstreamErrors:""', true],
  ['@level:error @httpStatus:>=500 -(refund OR @service:svc-2) "card"', true],
])('%s: %s', (filter, passes) => {
  expect(readLogFilter(filter)?.passes(filtered)).toBe(passes)
})

test.each([
  '(',
  'payment)',
  '()',
  '"open',
  'payment AND',
  'OR payment',
  'payment OR OR failed',
  '@level',
  '@level:',
  '@httpStatus:>=',
  '@httpStatus:>many',
  '-',
  'payment -',
  '@',
  'a"b"',
])('%s cannot be read', (filter) => {
  expect(readLogFilter(filter)).toBeUndefined()
})

describe('the fields of a filter', () => {
  test.each<[string, string[]]>([
    ['words only', []],
    ['@snapshot:1 OR -(@level:error replica:2)', ['level', 'replica', 'snapshot']],
  ])('%s', (filter, fields) => {
    expect([...(readLogFilter(filter)?.fields ?? [])].sort()).toEqual(fields)
  })
})
