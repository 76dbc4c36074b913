import { describe, expect, it } from 'vitest'
import { defaultTiming } from '../../../src/config/timing.ts'
import { nothingWatched, type Watched } from '../../../src/config/watched.ts'
import { justAfter, logTime } from '../../../src/logs/log-time.ts'
import { id } from '../../../src/platform/ids.ts'
import type { LogRow, LogWindow } from '../../../src/platform/log-row.ts'
import type { ObservedDeployment } from '../../../src/platform/observed-state.ts'
import type { CheckKind } from '../../../src/verify/checks/index.ts'
import { runChecks } from '../../../src/verify/run-checks.ts'
import { anObservedDeployment, anObservedService, anObservedState } from '../../support/builders.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { aFakePlatform } from '../../support/fake-platform.ts'

// Logs of more rows than the platform gives in one answer, and of more than one deployment, asked as `check` asks.

const now = Date.UTC(2026, 10, 3, 9, 0, 0)
const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const mostRows = 5_000

const look = "  2026-11-03 09:00:00 Running ['artisan' schedule:run] ............... RUNNING"
const bank = '  2026-11-03 09:00:00 Running [Bank sync] ............... 412.00ms DONE'
const empty = '   INFO  No scheduled commands have been defined.'

/** A row so long ago. */
function aRow(service: string, agoMs: number, message: string, parts: Partial<LogRow> = {}): LogRow {
  return {
    time: logTime(now - agoMs),
    message,
    severity: 'info',
    attributes: {},
    serviceId: id(`service-${service}`),
    deploymentId: id(`deployment-${service}`),
    instanceId: 'i',
    ...parts,
  }
}

/** So many rows of the api, each its own moment, in the time from so long ago until now. */
function chatter(rows: number, fromMs: number, severity = 'info'): LogRow[] {
  return Array.from({ length: rows }, (_, n) =>
    aRow('api', fromMs - Math.floor((n * fromMs) / rows), 'x', { severity }),
  )
}

const minutely = Array.from({ length: 25 * 60 }, (_, n) => aRow('scheduler', n * minute + 10 * second, look))

/** A log that answers as the platform does: the newest of the window, one more than asked for, the oldest first. */
function aLog(rows: readonly LogRow[]) {
  const inOrder = [...rows].sort((one, other) => (one.time < other.time ? -1 : 1))
  const asked: LogWindow[] = []
  const readLogRows = async (source: unknown, window: LogWindow): Promise<LogRow[]> => {
    asked.push(window)
    const { anchor = justAfter(logTime(now)), from = '', before = 100, filter = '' } = window
    const [, service, word] = /^@service:(\S+)(?: (.+))?$/.exec(filter) ?? []
    const found = inOrder.filter(
      (row) =>
        row.time <= anchor &&
        row.time >= from.replace('Z', '000000Z') &&
        (service === undefined || row.serviceId === service) &&
        (word === undefined || row.message.includes(word)) &&
        (JSON.stringify(source).includes('environment') || row.deploymentId === 'deployment-scheduler'),
    )
    return found.slice(-Math.min(before, mostRows) - 1)
  }
  return { asked, readLogRows }
}

interface Situation {
  only: CheckKind[]
  deployment?: Partial<ObservedDeployment>
  jobs?: Watched['schedulers'][number]['jobs']
  since?: number
}

async function checked(rows: readonly LogRow[], { only, deployment, jobs = [], since }: Situation) {
  const log = aLog(rows)
  const live = (service: string, more: Partial<ObservedDeployment> = {}) =>
    anObservedService(service, {
      active: [anObservedDeployment({ id: id(`deployment-${service}`), createdAt: now - 30 * 24 * hour, ...more })],
    })
  const { results } = await runChecks(
    {
      state: anObservedState({ services: [live('api'), live('scheduler', deployment)], platformTime: now }),
      chosen: ['api', 'scheduler'],
      services: [{ name: 'api' }, { name: 'scheduler' }],
      watched: { ...nothingWatched, schedulers: [{ service: 'scheduler', jobs }] },
      earlier: [],
      ...(since === undefined ? {} : { since }),
    },
    {
      platform: aFakePlatform({ readLogRows: log.readLogRows }),
      probe: { get: async () => ({ kind: 'unasked', reason: 'nobody asks' }) },
      clock: new FakeClock(now),
      signal: new AbortController().signal,
      timing: defaultTiming,
    },
    only,
  )
  const word = (check: string, service = 'scheduler') => {
    const result = results.find((one) => one.check === check && one.service === service)
    return result?.finding?.code ?? result?.outcome
  }
  return { word, asked: log.asked }
}

describe('a log of more than one answer holds', () => {
  it('does not make a scheduler silent that looks every minute', async () => {
    const rows = [...chatter(12_000, 10 * minute), ...minutely]
    const { word, asked } = await checked(rows, { only: ['scheduler'] })
    expect(word('scheduler-looks')).toBe('pass')
    expect(asked.length).toBeLessThan(8)
  })

  it('asks for the lines of the scheduler alone where even several answers do not reach back', async () => {
    const rows = [...chatter(60_000, 40 * second), ...minutely.slice(1)]
    expect((await checked(rows, { only: ['scheduler'] })).word('scheduler-looks')).toBe('pass')
    const silent = chatter(60_000, 40 * second)
    expect((await checked(silent, { only: ['scheduler'] })).word('scheduler-looks')).toBe('scheduler-silent')
  })

  it('makes no burst of what went on before it too', async () => {
    const rows = [...chatter(9_000, 10 * minute), ...chatter(40, 10 * minute, 'error')]
    expect((await checked(rows, { only: ['errorBurst'] })).word('error-burst', 'api')).toBe('pass')
  })

  it('says that errors could not be compared where not even the time before can be read', async () => {
    const rows = [...chatter(60_000, 4 * minute), ...chatter(300, 4 * minute, 'error')]
    const { word } = await checked(rows, { only: ['errorBurst'] })
    expect(word('error-burst', 'api')).toBe('errors-not-compared')
    expect(word('error-burst', 'scheduler')).toBe('pass')
  })

  it('says of a job only what the rows that were read can tell', async () => {
    const busy = Array.from({ length: 40_000 }, (_, n) =>
      aRow('scheduler', n * 500, "  2026-11-03 09:00:00 Running ['artisan' schedule:run] . DONE"),
    )
    const jobs = [{ job: 'Bank sync', when: 'daily' }]
    const { word } = await checked(busy, { only: ['scheduler'], jobs })
    expect(word('scheduled-jobs')).toBe('scheduled-job-unseen')
  })
})

describe('a scheduler', () => {
  it('is not blamed for a job that is due less often than its log reaches back', async () => {
    const rows = [...minutely, aRow('scheduler', 2 * hour, bank)]
    const jobs = [
      { job: 'Bank sync', when: 'daily' },
      { job: 'Yearly report', when: 'weekly' },
    ]
    expect((await checked(rows, { only: ['scheduler'], jobs })).word('scheduled-jobs')).toBe('scheduled-job-unseen')
    const [daily] = jobs
    const without = await checked(minutely, { only: ['scheduler'], jobs: daily === undefined ? [] : [daily] })
    expect(without.word('scheduled-jobs')).toBe('no-task-registered')
  })

  it('that was live a moment ago had no time to look, however long its build took', async () => {
    const deployment = { createdAt: now - 20 * minute, statusSince: now - 30 * second }
    const { word } = await checked([], { only: ['scheduler'], deployment })
    expect([word('scheduler-looks'), word('scheduled-jobs')]).toEqual(['skipped', 'skipped'])
  })

  it('is not judged by what the deployment before it printed', async () => {
    const before = { deploymentId: id<'deployment'>('deployment-before') }
    const deployment = { statusSince: now - 10 * minute }
    const found = async (...rows: LogRow[]) =>
      (await checked(rows, { only: ['scheduler'], deployment })).word('scheduler-looks')
    expect(await found(aRow('scheduler', 90 * second, empty, before), aRow('scheduler', 10 * second, look))).toBe(
      'pass',
    )
    expect(await found(aRow('scheduler', 30 * second, look, before))).toBe('scheduler-silent')
    expect(await found(aRow('scheduler', 30 * second, look), aRow('scheduler', 10 * second, empty))).toBe(
      'no-task-registered',
    )
  })
})
