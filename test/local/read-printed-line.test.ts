import { expect, test } from 'vitest'
import { readPrintedLine } from '../../src/local/read-printed-line.ts'

test.each<[string, string]>([
  ['plain text', 'info: plain text {}'],
  ['{"message":"m"}', 'info: m {}'],
  [' {"message":"m","level":"ERROR"} ', 'error: m {}'],
  ['{"message":"m","level":"Notice"}', 'info: m {}'],
  ['{"message":"m","level":"fatal"}', 'error: m {}'],
  ['{"message":"m","level":"trace"}', 'debug: m {}'],
  ['{"message":"m","level":400,"level_name":"ERROR"}', 'info: m {"level_name":"ERROR"}'],
  ['{"msg":"m","a":[1]}', 'info: m {"a":[1]}'],
  ['{"message":"m","msg":"n"}', 'info: m {"msg":"n"}'],
  ['{"message":7,"msg":"n"}', 'info: n {"message":7}'],
  ['{"message":7}', 'info: {"message":7} {}'],
  ['{"a":1}', 'info: {"a":1} {}'],
  ['{"message":"m"', 'info: {"message":"m" {}'],
  ['{message}', 'info: {message} {}'],
  ['["message"]', 'info: ["message"] {}'],
  ['{"message":"two\\nlines"}', 'info: two\nlines {}'],
])('%s', (line, read) => {
  const { message, severity, attributes } = readPrintedLine(line, 'info')
  expect(`${severity}: ${message} ${JSON.stringify(attributes)}`).toBe(read)
})

test('what is printed as an error is one, unless it says otherwise', () => {
  expect(readPrintedLine('plain', 'error').severity).toBe('error')
  expect(readPrintedLine('{"message":"m"}', 'error').severity).toBe('error')
  expect(readPrintedLine('{"message":"m","level":"info"}', 'error').severity).toBe('info')
})
