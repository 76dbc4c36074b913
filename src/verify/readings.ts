import { OperatorError } from '../kit/errors.ts'
import { logTime, millisecondsOf } from '../logs/log-time.ts'
import { nextPage, oldestOf, rowsInPage } from '../logs/next-page.ts'
import type { DeploymentId, ServiceId } from '../platform/ids.ts'
import type { AnsweredRequests, LogRow, LogSource } from '../platform/log-row.ts'
import type { CheckNeeds, CheckSubject } from './check-subject.ts'
import type { ProbeAnswer } from './probe.ts'

/** What several checks read, each thing asked once in a run. */
export interface Readings {
  answer(url: string, timeoutMs: number): Promise<ProbeAnswer>
  /** Asks anew, and every check after this gets the new answer. */
  answerAnew(url: string, timeoutMs: number): Promise<ProbeAnswer>
  /** What all services printed lately, the oldest first. */
  recentRows(): Promise<Read<RowsSince>>
  /** What one service printed since then (milliseconds), where the rows of all services are too many to reach back so far. */
  rowsOf(serviceId: ServiceId, from: number): Promise<Read<RowsSince>>
  /** What one service printed about things that it started, over a day. */
  startedRows(serviceId: ServiceId, deploymentId: DeploymentId): Promise<Read<RowsSince>>
  /** How the edge answered for a service lately, and as long before it; at one path where one is named. */
  answeredRequests(serviceId: ServiceId, path?: string): Promise<Read<AnsweredRequests[]>>
}

/** What was read, or why it could not be. */
export type Read<Value> = { value: Value } | { why: string }

/** Rows of a log, the oldest first. */
export interface RowsSince {
  rows: LogRow[]
  /** From here on (milliseconds) none is missing; later than asked for where there are too many. */
  from: number
}

/** So many answers of a log are read at most: who has more to say in minutes is judged by the newest. */
const mostPages = 4
const dayMs = 25 * 3_600_000

/** How far back errors are read: the while that is judged, and one as long before it. */
export function errorsSince(
  { since }: CheckSubject,
  now: number,
  errorBurstMs: number,
): { from: number; since: number } {
  const begin = since ?? now - errorBurstMs
  return { since: begin, from: begin - Math.max(errorBurstMs, now - begin) }
}

/**
 * When requests are counted: in whole steps, since counts that begin in the middle of one belong to neither side of `since`. The
 * platform's clock tells whole seconds, and the second that it told belongs to the time. Pure; all of it in milliseconds.
 */
export function requestsWindow(
  now: number,
  requestsMs: number,
): { from: number; since: number; until: number; stepMs: number } {
  const stepMs = Math.max(1, Math.round(requestsMs / 5_000)) * 1000
  const since = Math.floor((now - requestsMs) / stepMs) * stepMs
  return { from: since - Math.ceil(requestsMs / stepMs) * stepMs, since, until: now + 999, stepMs }
}

/** @param now by the platform's clock */
export function createReadings(subject: CheckSubject, now: number, needs: CheckNeeds): Readings {
  const { platform, probe, signal, timing } = needs
  const environmentId = subject.state.environment.id
  const answers = new Map<string, Promise<ProbeAnswer>>()
  const rows = new Map<string, Promise<Read<RowsSince>>>()
  const requests = new Map<string, Promise<Read<AnsweredRequests[]>>>()
  const read = async <Value>(ask: () => Promise<Value>): Promise<Read<Value>> => {
    try {
      return { value: await ask() }
    } catch (error) {
      if (signal.aborted || !(error instanceof OperatorError)) throw error
      return { why: error.message }
    }
  }
  const rowsFrom = (from: number, { source, filter }: { source?: LogSource; filter?: string } = {}) =>
    read(async (): Promise<RowsSince> => {
      const begin = logTime(from)
      let rows: LogRow[] = []
      let anchor: string | undefined
      for (let left = mostPages; ; left -= 1) {
        const page = await platform.readLogRows(source ?? { kind: 'environment', environmentId }, {
          from: new Date(from).toISOString(),
          before: rowsInPage,
          ...(anchor === undefined ? {} : { anchor }),
          ...(filter === undefined ? {} : { filter }),
        })
        // An older page repeats the moment that it is anchored at.
        rows = [...page, ...rows.filter(({ time }) => anchor === undefined || time > anchor)]
        anchor = nextPage(page, { anchor, from: begin, rows: rowsInPage }).anchor
        // The log of one deployment begins where it likes.
        if (anchor === undefined) return { rows: rows.filter(({ time }) => time >= begin), from }
        if (left <= 1) return { rows, from: Math.max(from, millisecondsOf(oldestOf(rows) ?? begin)) }
      }
    })
  const answer: Readings['answer'] = (url, timeoutMs) => once(answers, url, () => probe.get(url, timeoutMs))
  const asked = requestsWindow(now, timing.check.requestsMs)
  return {
    answer,
    answerAnew(url, timeoutMs) {
      answers.delete(url)
      return answer(url, timeoutMs)
    },
    recentRows: () =>
      once(rows, 'recent', () => {
        const { from } = errorsSince(subject, now, timing.check.errorBurstMs)
        return rowsFrom(Math.min(from, now - timing.check.schedulerSilentMs))
      }),
    rowsOf: (serviceId, from) =>
      once(rows, `of ${serviceId}`, () => rowsFrom(from, { filter: `@service:${serviceId}` })),
    startedRows: (serviceId, deploymentId) =>
      once(rows, `started by ${serviceId}`, async () => {
        const filtered = await rowsFrom(now - dayMs, { filter: `@service:${serviceId} Running` })
        if ('why' in filtered || filtered.value.rows.length > 0) return filtered
        // That nothing was started is a grave word: it is not given because a filter was read otherwise than it was meant.
        return rowsFrom(now - dayMs, { source: { kind: 'deploy', deploymentId } })
      }),
    answeredRequests: (serviceId, path) =>
      once(requests, `${serviceId} ${path ?? ''}`, () =>
        read(() =>
          platform.readAnsweredRequests({
            environmentId,
            serviceId,
            from: asked.from,
            until: asked.until,
            stepSeconds: asked.stepMs / 1000,
            ...(path === undefined ? {} : { path }),
          }),
        ),
      ),
  }
}

function once<Key, Value>(kept: Map<Key, Promise<Value>>, key: Key, ask: () => Promise<Value>): Promise<Value> {
  const asked = kept.get(key) ?? ask()
  kept.set(key, asked)
  return asked
}
