import { describe, expect, it, test } from 'vitest'
import { type News, poll } from '../../src/kit/poll.ts'
import { FakeClock } from '../support/fake-clock.ts'

const backoff = { firstMs: 2_000, factor: 1.5, longestMs: 10_000 }

interface Told {
  /** When word comes. */
  at?: number[]
  /** While it can be counted on. */
  longestMs?: (elapsedMs: number) => number | undefined
  withinMs?: number
  looks?: number
}

/** Looks so many times; word comes at these milliseconds. */
async function looked({ at = [], longestMs = () => undefined, withinMs, looks = 8 }: Told) {
  const clock = new FakeClock()
  const startedAt = clock.now()
  const lookedAt: number[] = []
  const listeners = new Set<() => void>()
  for (const ms of at) {
    clock.after(ms, () => {
      for (const act of [...listeners]) act()
    })
  }
  const news: News = {
    longestMs: () => longestMs(clock.now() - startedAt),
    onWord: (act) => {
      listeners.add(act)
      return () => listeners.delete(act)
    },
  }
  const answer = await poll(
    async () => {
      lookedAt.push(clock.now() - startedAt)
      return lookedAt.length === looks ? 'answer' : undefined
    },
    { clock, signal: new AbortController().signal, backoff, news, ...(withinMs === undefined ? {} : { withinMs }) },
  )
  return { answer, lookedAt, listeners: listeners.size }
}

test('without word, looks are as rare as the backoff says, whatever may be counted on', async () => {
  const { lookedAt, listeners } = await looked({})
  expect(lookedAt).toEqual([0, 2_000, 5_000, 9_500, 16_250, 26_250, 36_250, 46_250])
  expect(listeners).toBe(0)
})

describe('word', () => {
  it('ends a wait early', async () => {
    const { lookedAt } = await looked({ at: [12_000], looks: 6 })
    expect(lookedAt).toEqual([0, 2_000, 5_000, 9_500, 12_000, 22_000])
  })

  it('never brings two looks closer than the shortest wait, however much there is of it', async () => {
    const { lookedAt } = await looked({ at: Array.from({ length: 80 }, (_, nth) => nth * 100), looks: 6 })
    expect(lookedAt).toEqual([0, 2_000, 4_000, 6_000, 8_000, 18_000])
  })

  it('that can be counted on makes looks rarer', async () => {
    const { lookedAt } = await looked({ longestMs: () => 15_000, looks: 4 })
    expect(lookedAt).toEqual([0, 15_000, 30_000, 45_000])
  })

  it('that can be counted on no more brings a look, and then the backoff holds', async () => {
    const { lookedAt } = await looked({ at: [18_000], longestMs: (ms) => (ms < 18_000 ? 15_000 : undefined), looks: 5 })
    expect(lookedAt).toEqual([0, 15_000, 18_000, 22_500, 29_250])
  })
})

test('no look starts after the time, with word or without', async () => {
  const { answer, lookedAt } = await looked({ longestMs: () => 60_000, withinMs: 20_000, looks: 99 })
  expect(answer).toBeUndefined()
  expect(lookedAt.at(-1)).toBeLessThanOrEqual(20_000)
})

test('an abort ends a wait for word, and listens no more', async () => {
  const controller = new AbortController()
  let listening = 0
  const clock = new FakeClock()
  const polling = poll(async () => undefined, {
    clock,
    signal: controller.signal,
    backoff,
    news: {
      longestMs: () => 15_000,
      onWord: () => {
        listening += 1
        return () => {
          listening -= 1
        }
      },
    },
  })
  clock.after(7_000, () => controller.abort(new Error('interrupted')))
  await expect(polling).rejects.toThrow('interrupted')
  expect(listening).toBe(0)
})
