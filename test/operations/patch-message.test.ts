import { expect, test } from 'vitest'
import { patchMessage } from '../../src/operations/patch-message.ts'
import { isOurs } from '../../src/plan/last-applied.ts'

test.each([
  [{ command: 'init', person: 'nina' }, 'fakturino init by nina'],
  [{ command: 'deploy', person: 'ci', reason: 'new queue' }, 'fakturino deploy by ci: new queue'],
  [{ command: 'deploy', person: 'n\u001b[31mina\n' }, 'fakturino deploy by nina '],
])('%j reads %j', (author, message) => {
  expect(patchMessage(author)).toBe(message)
})

test('however long the reason, the message is short and still known as ours', () => {
  const message = patchMessage({ command: 'deploy', person: 'nina', reason: 'x'.repeat(500) })
  expect(message).toHaveLength(200)
  expect(isOurs({ message })).toBe(true)
})
