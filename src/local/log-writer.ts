import type { Agenda } from './agenda.ts'
import type { Deployment, LogKind, PrintedRow, Severity } from './model.ts'
import type { News } from './news.ts'
import { readPrintedLine } from './read-printed-line.ts'
import { timeText } from './rfc3339.ts'

/** As on the platform. */
export const mostLinesPerSecond = 500

/** A line that a service prints. */
export interface PrintedLine {
  message: string
  /** Absent: info, as everything on the standard output. A structured line's own level comes before it. */
  severity?: Severity
  attributes?: Readonly<Record<string, unknown>>
  /** Absent: the first container. */
  instanceId?: string
  /** Within the millisecond. Absent: one more than the row before, so that rows have times of their own. */
  nanoseconds?: number
  /** So much older than it arrives: rows of several containers do not come in the order of their times. */
  lateMs?: number
}

export type Print = (deployment: Deployment, log: LogKind, message: string, severity?: Severity) => void

/** The last moment of an environment, or of a build, at which a row was written. */
interface Moment {
  at: number
  nanoseconds: number
}

/** What one container printed within a second. */
interface Rate {
  startedAt: number
  lines: number
  dropped: number
}

interface WriterNeeds {
  agenda: Agenda
  news: News
  /** Of one container; what is more is dropped. */
  linesPerSecond: number
}

/** Keeps what deployments print, and tells whoever follows them. */
export class LogWriter {
  readonly #agenda: Agenda
  readonly #news: News
  readonly #linesPerSecond: number
  readonly #moments = new WeakMap<object, Moment>()
  readonly #rates = new WeakMap<Deployment, Map<string, Rate>>()

  constructor({ agenda, news, linesPerSecond }: WriterNeeds) {
    this.#agenda = agenda
    this.#news = news
    this.#linesPerSecond = linesPerSecond
  }

  /** What a build or a service prints. */
  readonly print: Print = (deployment, log, message, severity = 'info') =>
    this.write(deployment, log, [{ message, severity }])

  /** What the platform says itself about a deployment: never dropped, and never read as anything but text. */
  readonly announce: Print = (deployment, log, message, severity = 'info') => {
    this.#keep(deployment, log, [this.#row(deployment, log, { message, severity, attributes: {} }, {})])
  }

  /** Several lines that arrive together: whoever follows hears of them at once. A line break begins another row. */
  write(deployment: Deployment, log: LogKind, lines: readonly PrintedLine[]): void {
    const rows: PrintedRow[] = []
    for (const line of lines) {
      for (const text of line.message.split(/\r?\n/)) {
        if (log === 'deploy' && this.#isTooMuch(deployment, line.instanceId ?? deployment.instances[0]?.id)) continue
        const read = readPrintedLine(text, line.severity ?? 'info')
        if (line.attributes !== undefined) read.attributes = { ...read.attributes, ...line.attributes }
        rows.push(this.#row(deployment, log, read, line))
      }
    }
    this.#keep(deployment, log, rows)
  }

  #row(
    deployment: Deployment,
    kind: LogKind,
    read: Pick<PrintedRow, 'message' | 'severity' | 'attributes'>,
    { instanceId, nanoseconds, lateMs = 0 }: Partial<PrintedLine>,
  ): PrintedRow {
    const container = kind === 'build' ? undefined : (instanceId ?? deployment.instances[0]?.id)
    const moment = this.#next(kind === 'build' ? deployment : deployment.instance.environment, nanoseconds)
    const time = timeText(moment.at - lateMs, moment.nanoseconds)
    const { message, severity, attributes } = read
    return { time, kind, message, severity, attributes, deployment, instanceId: container }
  }

  #next(owner: object, nanoseconds: number | undefined): Moment {
    const at = this.#agenda.now()
    const last = this.#moments.get(owner)
    const moment = { at, nanoseconds: nanoseconds ?? (last?.at === at ? last.nanoseconds + 1 : 0) }
    this.#moments.set(owner, moment)
    return moment
  }

  #keep(deployment: Deployment, log: LogKind, rows: readonly PrintedRow[]): void {
    if (rows.length === 0) return
    const ledger = log === 'build' ? deployment.buildRows : deployment.instance.environment.rows
    for (const row of rows) ledger.add(row)
    this.#news.tell(deployment, { kind: 'log', log, rows })
  }

  /** Counts the line. What was dropped is told once, when the second is over. */
  #isTooMuch(deployment: Deployment, instanceId: string | undefined): boolean {
    if (instanceId === undefined) return false
    const now = this.#agenda.now()
    const rates = this.#rates.get(deployment) ?? new Map<string, Rate>()
    this.#rates.set(deployment, rates)
    const known = rates.get(instanceId)
    const rate = known !== undefined && now - known.startedAt < 1000 ? known : { startedAt: now, lines: 0, dropped: 0 }
    rates.set(instanceId, rate)
    rate.lines += 1
    if (rate.lines <= this.#linesPerSecond) return false
    rate.dropped += 1
    if (rate.dropped === 1) {
      this.#agenda.in(rate.startedAt + 1000 - now, () => {
        const message = `Railway rate limit of ${this.#linesPerSecond} logs/sec reached for replica, update your application to reduce the logging rate. Messages dropped: ${rate.dropped}`
        const read = { message, severity: 'warn', attributes: {} } as const
        this.#keep(deployment, 'deploy', [this.#row(deployment, 'deploy', read, { instanceId })])
      })
    }
    return true
  }
}
