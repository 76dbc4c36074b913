import { expect, test } from 'vitest'
import { batchFeed } from '../../src/local/batch-feed.ts'

function aFeed(first: number[] = []) {
  const feed = { push: (_: readonly number[]) => {}, end: () => {}, stops: 0 }
  const values = batchFeed<number>(first, (push, end) => {
    Object.assign(feed, { push, end })
    return () => {
      feed.stops += 1
    }
  })
  return { feed, values }
}

test('what was is an event of its own, then comes all that came meanwhile', async () => {
  const { feed, values } = aFeed([1, 2])
  feed.push([3])
  feed.push([4, 5])
  expect((await values.next()).value).toEqual([1, 2])
  expect((await values.next()).value).toEqual([3, 4, 5])
  const next = values.next()
  feed.push([])
  feed.push([6])
  expect((await next).value).toEqual([6])
})

test('a slow reader gets events of 5,000 at most, and nothing is lost', async () => {
  const { feed, values } = aFeed()
  feed.push(Array.from({ length: 12_000 }, (_, index) => index))
  feed.end()
  const sizes: number[] = []
  for await (const batch of values) sizes.push(batch.length)
  expect(sizes).toEqual([5_000, 5_000, 2_000])
  expect(feed.stops).toBe(1)
})

test('a reader that leaves hears nothing more, not even while it waits', async () => {
  const { feed, values } = aFeed()
  const next = values.next()
  await values.return?.()
  expect(await next).toEqual({ done: true, value: undefined })
  feed.push([1])
  expect((await values.next()).done).toBe(true)
})
