import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const here = new URL('.', import.meta.url)
const behaviour = new URL('../../src/contract/behaviour.md', here)

test('every claim in behaviour.md is tested under its number, and nothing else is', async () => {
  const claimed = Array.from((await readFile(behaviour, 'utf8')).matchAll(/^- \*\*(B\d+)\*\*/gm), (match) => match[1])
  const files = (await readdir(here)).filter((file) => file.endsWith('.test.ts'))
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, here), 'utf8')))
  const tested = texts.flatMap((text) => Array.from(text.matchAll(/\(\s*'(B\d+) /g), (match) => match[1]))
  // Numbers only rise; one that is left out was given to nobody.
  const numbers = claimed.map((name = '') => Number(name.slice(1)))
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  expect(new Set(tested)).toEqual(new Set(claimed))
  expect(tested).toHaveLength(claimed.length)
})

test('every claim carries a mark', async () => {
  const claims = (await readFile(behaviour, 'utf8')).split(/^- /m).slice(1)
  const unmarked = claims.filter((claim) => !/`\[(D [^\]]+|C [^\]]+|G|T|F|I|\?)\]`/.test(claim))
  expect(claims.length).toBeGreaterThan(60)
  expect(unmarked).toEqual([])
})
