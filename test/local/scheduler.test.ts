import { expect, test } from 'vitest'
import type { Condition } from '../../src/local/index.ts'
import { aProject } from '../support/contract-caller.ts'
import { printed, printedLines } from '../support/printed-lines.ts'

const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs

async function aScheduler({ flag = 'true', replicas = 1, condition = {} as Condition } = {}) {
  const caller = await aProject()
  const { world } = caller.platform
  const variables = { FEATURE_PSD2_BANKING: { value: flag }, QUEUE_CONNECTION: { value: 'redis' } }
  const api = await caller.makeApp('api', { variables })
  const id = await caller.makeApp('scheduler', {
    variables,
    deploy: {
      startCommand: 'php artisan schedule:work',
      multiRegionConfig: { 'europe-west4': { numReplicas: replicas } },
    },
  })
  world.setCondition(caller.environmentId, id, condition)
  await caller.deployed(api)
  const deploymentId = await caller.deployed(id)
  return { caller, id, deploymentId, lines: () => printed(caller, deploymentId) }
}

function ran(lines: readonly string[]): string[] {
  return lines.flatMap(
    (line) => /^ {2}\S+ (\d\d:\d\d):00 Running \[([A-Z][^\]]+)\] \.+ .*DONE$/.exec(line)?.slice(1, 3).join(' ') ?? [],
  )
}

test('it says every minute what it does, at that minute', async () => {
  const { caller, deploymentId, lines } = await aScheduler()
  caller.clock.advance(2 * 60_000)
  expect(await lines()).toEqual([
    'Starting container',
    '   INFO  Running scheduled tasks.',
    expect.stringMatching(/^ {2}2026-11-03 09:01:00 Running \['artisan' schedule:run\] \.+ RUNNING$/),
    '   INFO  No scheduled commands are ready to run.',
    expect.stringMatching(/^ {2}2026-11-03 09:02:00 Running \['artisan' schedule:run\]/),
    '   INFO  No scheduled commands are ready to run.',
  ])
  const times = (await printedLines(caller, deploymentId)).map(({ timestamp }) => timestamp.slice(0, 19))
  expect(times.slice(2)).toEqual([
    '2026-11-03T09:01:00',
    '2026-11-03T09:01:00',
    '2026-11-03T09:02:00',
    '2026-11-03T09:02:00',
  ])
})

test('a day has its jobs at their hours: banks every hour, commissions at night, certificates in the morning', async () => {
  const { caller, lines } = await aScheduler()
  caller.clock.advance(dayMs)
  const jobs = ran(await lines())
  expect(jobs.filter((job) => job.endsWith('Bank sync'))).toHaveLength(24)
  expect(jobs.filter((job) => !job.endsWith('Bank sync'))).toEqual([
    '02:00 Commission calculations',
    '08:00 Certificate expiry check',
  ])
})

test('without the flag no bank is synchronised', async () => {
  const { caller, lines } = await aScheduler({ flag: 'false' })
  caller.clock.advance(dayMs)
  expect(ran(await lines())).toEqual(['02:00 Commission calculations', '08:00 Certificate expiry check'])
})

test('bank sync leaves its work to the workers, and without one it piles up', async () => {
  const { caller } = await aScheduler()
  caller.clock.advance(3 * hourMs)
  expect(caller.platform.world.dispatch(caller.environmentId, 'other')).toMatchObject({ pending: 3 * 2 + 1 })
})

test('where no task is registered it looks every minute and never runs one', async () => {
  const { caller, lines } = await aScheduler({ condition: { scheduledTasks: 'none' } })
  caller.clock.advance(dayMs)
  const printedLately = await lines()
  expect(ran(printedLately)).toEqual([])
  expect(printedLately.at(-1)).toBe('   INFO  No scheduled commands are ready to run.')
})

test('two containers run everything twice', async () => {
  const { caller, lines } = await aScheduler({ replicas: 2 })
  caller.clock.advance(hourMs)
  expect(ran(await lines())).toEqual(['10:00 Bank sync', '10:00 Bank sync'])
})

test('after a jump of a month the last hour is told in full, and of two days what ran', async () => {
  const { caller, lines } = await aScheduler()
  caller.clock.advance(30 * dayMs)
  const all = await lines()
  expect(all.filter((line) => line.includes('schedule:run')).length).toBeLessThan(48 + 61)
  expect(ran(all).filter((job) => job.endsWith('Bank sync'))).toHaveLength(49)
  const { world } = caller.platform
  expect(world.dispatch(caller.environmentId, 'other')?.pending).toBe(49 * 2 + 1)
})

test('one that is replaced says nothing more', async () => {
  const { caller, id, lines } = await aScheduler()
  const next = await caller.deployed(id)
  const before = (await lines()).length
  caller.clock.advance(hourMs)
  expect(await lines()).toHaveLength(before)
  expect(ran(await printed(caller, next))).toEqual(['10:00 Bank sync'])
})
