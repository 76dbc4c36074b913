import { clipped } from '../../kit/text.ts'
import type { LogEntry } from '../../logs/log-entry.ts'
import { logTime } from '../../logs/log-time.ts'
import { createReading } from '../../logs/reading.ts'
import { liveDeployment } from '../../plan/plan-deployments.ts'
import type { LogRow } from '../../platform/log-row.ts'
import { type Asked, type CheckResult, failed, passed, unknown } from '../check.ts'
import { observedService } from '../check-subject.ts'
import type { Check } from '../check-tools.ts'
import { errorsSince } from '../readings.ts'

/** More errors than these in the while that is judged, and over twice as many as before it, are a burst. */
const mostErrors = 10
const growth = 2

/** Did any service begin to log many errors? */
export const errorBurst: Check = async (subject, tools) => {
  const read = await tools.readings.recentRows()
  const { services } = subject
  const [first] = services
  if ('why' in read) {
    return [
      unknown(
        { check: 'error-burst', service: first?.name ?? '' },
        {
          code: 'log-not-read',
          message: `Whether errors are logged is not known: the log could not be read. ${read.why}`,
        },
      ),
    ]
  }
  const { since, from: wanted } = errorsSince(subject, tools.now, tools.timing.check.errorBurstMs)
  const from = Math.max(wanted, read.value.from)
  return services.flatMap(({ name: service }) => {
    const observed = observedService(subject, service)
    if (observed === undefined || observed.active.length === 0) return []
    const live = liveDeployment(observed)?.id
    // After a deploy, what the one before it logged on its way out is not ours.
    const isOurs = (row: LogRow) =>
      subject.since === undefined || row.deploymentId === live || row.time < logTime(since)
    const rows = read.value.rows.filter((row) => row.serviceId === observed.id && isOurs(row))
    // What a container prints while it starts often goes to the error output, whatever it is.
    const said = subject.since === undefined ? rows : rows.map(byItsOwnWords)
    return [judgeErrors({ check: 'error-burst', service }, errorsIn(said), { since, from, until: tools.now })]
  })
}

/** The errors among what was said, by its own words; the rows of one stack trace are one of them. */
export function errorsIn(rows: readonly LogRow[]): LogEntry[] {
  const reading = createReading({ level: 'error' }, () => null)
  const told = [...reading.take(rows.map((row) => ({ kind: 'row', row }))), ...reading.end()]
  return told.flatMap((one) => (one.kind === 'entry' ? [one.entry] : []))
}

/** A row without the platform's word for how bad it is, which says no more than which stream it came from. */
function byItsOwnWords({ severity: _severity, attributes, ...row }: LogRow): LogRow {
  const isStructured = Object.keys(attributes).some((name) => name !== 'level')
  return { ...row, severity: undefined, attributes: isStructured ? attributes : {} }
}

/** Pure. Times are milliseconds; what is before `since` is what it is compared with. */
export function judgeErrors(
  asked: Asked,
  errors: readonly LogEntry[],
  { since, from, until }: { since: number; from: number; until: number },
): CheckResult {
  const lately = errors.filter(({ time }) => time >= logTime(since))
  if (from >= since && lately.length > mostErrors) {
    return unknown(asked, {
      code: 'errors-not-compared',
      message: `${asked.service} logged ${lately.length} errors; whether that is more than before is not known, because too much is logged to read so far back.`,
      evidence: { errors: lately.length, seconds: Math.round((until - from) / 1000) },
      fix: `Read what ${asked.service} logged.`,
    })
  }
  const before = errors.filter(({ time }) => time < logTime(since) && time >= logTime(from)).length
  // What was before may have lasted longer or shorter than what is judged.
  const expected = (before * (until - since)) / Math.max(1, since - from)
  if (lately.length <= mostErrors || lately.length <= growth * expected) return passed(asked)
  const seconds = Math.max(1, Math.round((until - since) / 1000))
  return failed(asked, {
    code: 'error-burst',
    message: `${asked.service} logged ${lately.length} errors in ${seconds} s, and ${before} before that. The last one: ${clipped(lately.at(-1)?.message.trim() ?? '', 160)}`,
    evidence: { errors: lately.length, before, seconds },
    fix: `Read what ${asked.service} logged.`,
  })
}
