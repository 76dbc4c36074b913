import { expect, it, test } from 'vitest'
import { runShellLine, shellCommands } from '../../src/local/runtime/shell-commands.ts'

it.each<[string, string[][]]>([
  ['', []],
  ['php artisan migrate --force', [['php', 'artisan', 'migrate', '--force']]],
  ["  one 'two three' \"fo\\\"ur\" fi\\ ve '' ", [['one', 'two three', 'fo"ur', 'fi ve', '']]],
  ['one;two && three||four\nfive', [['one'], ['two'], ['three'], ['four'], ['five']]],
  ["sh -c 'one; two' && three", [['sh', '-c', 'one; two'], ['three']]],
])('%j is read as a shell reads it', (line, words) => {
  expect(shellCommands(line).map((one) => one.words)).toEqual(words)
})

test.each<[string, string[], number]>([
  ['good; bad; good', ['good', 'bad', 'good'], 0],
  ['good && bad && good', ['good', 'bad'], 1],
  ['bad && good; good', ['bad', 'good'], 0],
  ['bad || good || bad', ['bad', 'good'], 0],
  ["/bin/sh -c 'bad; exec good'", ['bad', 'good'], 0],
  ["bash -lc 'exec bad; good' && good", ['bad'], 1],
  ['exec bad; good', ['bad'], 1],
  ['', [], 0],
])('%j runs what it would, and ends as the last of it', (line, expected, exitCode) => {
  const ran: string[] = []
  const run = ([word = '']: readonly string[]) => {
    ran.push(word)
    return word === 'bad' ? 1 : 0
  }
  expect(runShellLine(line, run)).toBe(exitCode)
  expect(ran).toEqual(expected)
})
