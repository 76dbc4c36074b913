import { expect, onTestFinished, test } from 'vitest'
import { defaultTiming, rehearsalTiming } from '../../src/config/timing.ts'
import { OperatorError } from '../../src/kit/errors.ts'
import { createHttpClient } from '../../src/kit/http.ts'
import { type Condition, type LocalPlatformOptions, startLocalPlatform } from '../../src/local/index.ts'
import type { OperationEvent } from '../../src/operations/events.ts'
import { surely } from '../../src/operations/sure-changes.ts'
import { freshBackup, takeBackup } from '../../src/operations/take-backup.ts'
import { chooseCredential } from '../../src/platform/credential.ts'
import { createGraphqlClient } from '../../src/platform/graphql-client.ts'
import { createGraphqlPlatform } from '../../src/platform/graphql-platform.ts'
import { id } from '../../src/platform/ids.ts'
import type { VolumeBackup } from '../../src/platform/volume-backup.ts'
import { FakeClock } from '../support/fake-clock.ts'

const name = 'fakturino 4a5288ea1258c96a'

async function failureOf(work: Promise<unknown>, code: string): Promise<OperatorError> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(failure instanceof OperatorError)) throw new Error(`It ended with ${String(failure)}`)
  expect(failure.code).toBe(code)
  return failure
}

async function aDatabase(options: Partial<LocalPlatformOptions> & { condition?: Condition } = {}) {
  const clock = new FakeClock()
  const { condition = {}, ...started } = options
  const local = await startLocalPlatform({ clock, ...started })
  const http = createHttpClient({ clock, userAgent: 'fakturino/test' })
  onTestFinished(async () => {
    http.close()
    await local.stop()
  })
  const credential = chooseCredential({}, local.address)
  const client = createGraphqlClient({ credential, http, clock, random: () => 0 })
  const signal = new AbortController()
  const timing = rehearsalTiming
  const platform = surely(createGraphqlPlatform(client), { clock, signal: signal.signal, timing })
  const project = local.world.addProject('shop')
  const environment = local.world.environmentNamed('production')
  const target = { projectId: id<'project'>(project.id), environmentId: id<'environment'>(environment.id) }
  const { id: serviceId } = await platform.change('create-service', { ...target, name: 'postgres' })
  await platform.change('create-volume', { ...target, serviceId, mountPath: '/data' })
  local.world.setCondition(environment.id, serviceId, condition)
  const volume = (await platform.observe(target)).services[0]?.volumes[0]
  if (volume === undefined) throw new Error('there is no volume')
  const events: OperationEvent[] = []
  const report = async (event: OperationEvent) => void events.push(event)
  const before = local.requests.length
  const take = () =>
    takeBackup(
      { environment: 'production', service: 'postgres', volume, name },
      { platform, clock, signal: signal.signal, report, timing, checkpoint: () => {} },
    )
  const asked = (operation: string) =>
    local.requests.slice(before).filter(({ operationName }) => operationName === operation).length
  return { local, clock, take, events, asked, platform, volume, stop: (reason: Error) => signal.abort(reason) }
}

test('a backup is asked for once and followed to its end', async () => {
  const { take, events, asked } = await aDatabase()
  const backup = await take()
  expect(backup).toMatchObject({ name, usedMB: 48, expiresAt: undefined })
  expect(events).toMatchObject([
    { type: 'backup-started', environment: 'production', service: 'postgres', name },
    { type: 'backup-ended', backupId: backup.id, usedMB: 48 },
  ])
  expect([asked('CreateBackup'), asked('ReadWorkflow') > 2]).toEqual([1, true])
})

test('a backup that fails is told in the words of the platform', async () => {
  const { take, events } = await aDatabase({ condition: { backup: 'fails' } })
  const failure = await failureOf(take(), 'backup-failed')
  expect(failure.kind).toBe('failed')
  expect(failure.message).toBe(
    'The backup of postgres in production failed: the platform says: The snapshot of the volume could not be taken. What was to follow it was not begun.',
  )
  expect(events.map(({ type }) => type)).toEqual(['backup-started'])
})

test('where no workflow is named, or it may not be asked about, the list tells', async () => {
  for (const world of [{ condition: { backup: 'unfollowed' as const } }, { denied: ['workflows' as const] }]) {
    const { take, asked } = await aDatabase(world)
    expect((await take()).name).toBe(name)
    expect([asked('CreateBackup'), asked('ReadWorkflow') <= 1, asked('ReadBackups') > 2]).toEqual([1, true, true])
  }
})

test('an answer that was lost is not asked for again, whether it was made or not', async () => {
  const made = await aDatabase()
  made.local.onRequest(({ operationName }) => (operationName === 'CreateBackup' ? { kind: 'drop-after' } : undefined))
  expect((await made.take()).name).toBe(name)
  expect(made.asked('CreateBackup')).toBe(1)

  const never = await aDatabase()
  never.local.onRequest(({ operationName }) => (operationName === 'CreateBackup' ? { kind: 'drop-before' } : undefined))
  const failure = await failureOf(never.take(), 'backup-timeout')
  expect(failure.kind).toBe('unfinished')
  expect(failure.message).toContain(`"${name}" of postgres in production was asked for and is not there after 30 s`)
  expect(failure.hint).toContain("Railway's dashboard")
  expect(never.asked('CreateBackup')).toBe(1)
})

test('a backup that never ends is unfinished, and one that may not be made is denied', async () => {
  const slow = await aDatabase()
  slow.local.onRequest(({ operationName }) => {
    const body = JSON.stringify({ data: { workflowStatus: { status: 'Running', error: null } } })
    return operationName === 'ReadWorkflow' ? { kind: 'answer', status: 200, headers: {}, body } : undefined
  })
  expect((await failureOf(slow.take(), 'backup-timeout')).kind).toBe('unfinished')

  const denied = await aDatabase({ denied: ['backups'] })
  expect((await failureOf(denied.take(), 'not-authorized')).kind).toBe('denied')
})

test('whoever waits for a backup can be stopped', async () => {
  const { take, local, stop } = await aDatabase()
  const reason = new Error('interrupted by a test')
  local.onRequest(({ operationName }) => {
    if (operationName === 'ReadWorkflow') stop(reason)
    return undefined
  })
  await expect(take()).rejects.toBe(reason)
})

test('what the platform says of itself is read into milliseconds, the newest first', async () => {
  const { platform, volume, local, take } = await aDatabase()
  local.onRequest(({ operationName }) => {
    const backup = { name: null, expiresAt: null, usedMB: null }
    const rows = [
      { ...backup, id: 'older', createdAt: '2026-11-03T08:00:00.000Z', expiresAt: '2026-11-09T08:00:00.000Z' },
      { ...backup, id: 'newer', createdAt: '2026-11-03T08:30:00.000Z', name: 'x', usedMB: 7 },
    ]
    const body = JSON.stringify({ data: { volumeInstanceBackupList: rows } })
    return operationName === 'ReadBackups' ? { kind: 'answer', status: 200, headers: {}, body } : undefined
  })
  expect(await platform.readBackups(volume.instanceId)).toEqual([
    { id: 'newer', name: 'x', createdAt: Date.UTC(2026, 10, 3, 8, 30), expiresAt: undefined, usedMB: 7 },
    {
      id: 'older',
      name: undefined,
      createdAt: Date.UTC(2026, 10, 3, 8),
      expiresAt: Date.UTC(2026, 10, 9, 8),
      usedMB: undefined,
    },
  ])
  await failureOf(take(), 'backup-timeout')
})

const now = Date.UTC(2026, 10, 3, 9)
const { freshMs } = defaultTiming.backup
const aged = (minutes: number, parts: Partial<VolumeBackup> = {}): VolumeBackup => ({
  id: id(`of ${minutes}`),
  name: undefined,
  createdAt: now - minutes * 60_000,
  expiresAt: undefined,
  usedMB: undefined,
  ...parts,
})

test.each<[string, VolumeBackup[], string | undefined]>([
  ['none', [], undefined],
  ['one of an hour', [aged(60)], 'of 60'],
  ['an older one', [aged(61)], undefined],
  ['the newest of several', [aged(50), aged(5), aged(90)], 'of 5'],
  ['one that is gone by now', [aged(5, { expiresAt: now }), aged(7)], 'of 7'],
  ['one of a clock that is ahead of ours', [aged(-1)], 'of -1'],
])('fresh is %s', (_, backups, expected) => {
  expect(freshBackup(backups, now, freshMs)?.id).toBe(expected)
})
