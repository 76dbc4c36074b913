import { expect, it } from 'vitest'
import { createToldPump } from '../../src/cli/told-pump.ts'
import type { ToldLog } from '../../src/logs/reading.ts'
import { timeAt } from '../logs/row-samples.ts'

function entries(amount: number, from = 0): ToldLog[] {
  return Array.from({ length: amount }, (_, n) => ({
    kind: 'entry',
    entry: {
      time: timeAt(from + n),
      service: 'api',
      deploymentId: null,
      instanceId: null,
      level: 'info',
      message: `${from + n}`,
      fields: {},
    },
  }))
}

/** Somebody who reads only when told to. */
function aReader() {
  const gone = new AbortController()
  const told: ToldLog[] = []
  let wake = () => {}
  return {
    told,
    gone,
    read: () => wake(),
    teller: {
      tell: (some: readonly ToldLog[]) => void told.push(...some),
      taken: () => new Promise<void>((resolve) => (wake = resolve)),
      gone: gone.signal,
    },
  }
}

const never = new AbortController().signal

it('writes at once what can be written, and waits with the rest until the reader has taken it', async () => {
  const reader = aReader()
  const pump = createToldPump(reader.teller, false)
  pump.add(entries(700))
  expect(reader.told).toHaveLength(500)
  reader.read()
  await Promise.resolve()
  await Promise.resolve()
  expect(reader.told).toHaveLength(700)
  const emptied = pump.emptied(never)
  reader.read()
  await emptied
  expect([pump.lines, pump.gaps]).toEqual([700, 0])
})

it('where what is said cannot wait, the older part of what waits becomes a gap', async () => {
  const reader = aReader()
  const pump = createToldPump(reader.teller, true, 1_000)
  for (let n = 0; n < 10_000; n += 100) pump.add(entries(100, n))
  const emptied = pump.emptied(never)
  for (let turn = 0; turn < 50; turn += 1) {
    reader.read()
    await Promise.resolve()
    await Promise.resolve()
  }
  await emptied
  expect(pump.gaps).toBe(1)
  expect(reader.told.length).toBeLessThan(2_000)
  const gaps = reader.told.filter(({ kind }) => kind === 'gap')
  expect(gaps).toMatchObject([{ gap: { from: timeAt(100), because: 'they came faster than they were read' } }])
  expect(reader.told.at(-1)).toMatchObject({ entry: { message: '9999' } })
})

it('what was said before is told whole, however much of it there is, also while more comes', async () => {
  const reader = aReader()
  const pump = createToldPump(reader.teller, true, 1_000)
  pump.add(entries(5_000), true)
  pump.add(entries(600, 5_000))
  pump.add(entries(300, 5_600))
  const emptied = pump.emptied(never)
  for (let turn = 0; turn < 30; turn += 1) {
    reader.read()
    await Promise.resolve()
    await Promise.resolve()
  }
  await emptied
  expect([pump.lines, pump.gaps]).toEqual([5_900, 0])
  expect(reader.told).toHaveLength(5_900)
})

it('ends with its reader, and with the command', async () => {
  const reader = aReader()
  const pump = createToldPump(reader.teller, false)
  pump.add(entries(700))
  reader.gone.abort()
  reader.read()
  await pump.emptied(never)
  pump.add(entries(10))
  expect(reader.told).toHaveLength(500)

  const other = aReader()
  const stuck = createToldPump(other.teller, false)
  stuck.add(entries(700))
  const stop = new AbortController()
  const emptied = stuck.emptied(stop.signal)
  stop.abort()
  await emptied
  // What had come is written, and counted, without waiting for anybody.
  expect(other.told).toHaveLength(700)
  expect(stuck.lines).toBe(700)
})

it('loses nothing that comes in the moment in which everything before has been taken', async () => {
  for (let turns = 0; turns < 6; turns += 1) {
    const told: ToldLog[] = []
    const pump = createToldPump(
      { tell: (some) => void told.push(...some), taken: () => Promise.resolve(), gone: never },
      false,
    )
    pump.add(entries(1))
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
    pump.add(entries(1, 1))
    await pump.emptied(never)
    expect(told, `after ${turns} turns`).toHaveLength(2)
    expect(pump.lines).toBe(2)
  }
})
