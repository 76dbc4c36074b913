import { isRecord } from '../kit/json.ts'
import type { Ledger, LedgerWindow } from './ledger.ts'
import { type Filtered, type ReadFilter, readLogFilter } from './log-filter.ts'
import type { Deployment, Environment, LogKind, PrintedRow, RequestRow } from './model.ts'
import { cannotProcess } from './platform-error.ts'
import { timeText, timeTextOf } from './rfc3339.ts'

/** As many as a client may ask for at once. */
export const mostRows = 5_000
const rowsUnlessAsked = 100
/** How long rows are kept: as on the Pro plan. */
const retentionMs = 30 * 24 * 60 * 60 * 1000

/** What a look into the log of one deployment may ask for. */
export interface LogQuestion {
  filter?: string | null
  limit?: number | null
  startDate?: string | null
  endDate?: string | null
}

/** What a look around a moment may ask for. */
export interface AnchoredQuestion {
  filter?: string | null
  limit?: number | null
  anchorDate?: string | null
  beforeDate?: string | null
  beforeLimit?: number | null
  afterDate?: string | null
  afterLimit?: number | null
}

/** Rows that were printed before, and which of those to come belong to them. */
export interface FoundRows<Row> {
  rows: Row[]
  passes: (row: Row) => boolean
}

interface Moment {
  now: number
  /** One row more than asked for, where there is one: so do the platform's queries, but not its subscriptions. */
  isQuirky: boolean
}

/** What one deployment printed. */
export function deploymentRows(
  deployment: Deployment,
  kind: LogKind,
  question: LogQuestion,
  moment: Moment,
): FoundRows<PrintedRow> {
  const { passes: holds, isOpen } = filterOf(question.filter)
  const passes = (row: PrintedRow) =>
    row.deployment === deployment && row.kind === kind && (isOpen || holds(filterable(row)))
  const ledger = kind === 'build' ? deployment.buildRows : deployment.instance.environment.rows
  const window = windowOf(
    {
      anchorDate: question.endDate ?? null,
      beforeDate: question.startDate ?? null,
      beforeLimit: question.limit ?? null,
    },
    moment,
  )
  return { rows: ledger.around(window, passes), passes }
}

/** What everything in an environment printed; builds only where the filter names a snapshot or a replica. */
export function environmentRows(
  environment: Environment,
  question: AnchoredQuestion,
  moment: Moment,
): FoundRows<PrintedRow> {
  const { passes: holds, isOpen, fields } = filterOf(question.filter)
  const areBuildsAsked = fields.has('snapshot') || fields.has('replica')
  const passes = (row: PrintedRow) => (areBuildsAsked || row.kind === 'deploy') && (isOpen || holds(filterable(row)))
  const window = windowOf(question, moment)
  const ran = environment.rows.around(window, passes)
  if (!areBuildsAsked) return { rows: ran, passes }
  const built = Array.from(environment.instances.values(), ({ deployments }) =>
    deployments.map(({ buildRows }) => buildRows.around(window, passes)),
  )
  const all = [ran, ...built.flat()]
    .flat()
    .sort((one, other) => (one.time < other.time ? -1 : Number(one.time > other.time)))
  const behind = all.findIndex(({ time }) => time > window.anchor)
  const older = behind === -1 ? all : all.slice(0, behind)
  const younger = behind === -1 ? [] : all.slice(behind)
  return {
    rows: [...(window.before > 0 ? older.slice(-window.before) : []), ...younger.slice(0, window.after)],
    passes,
  }
}

/** What the edge answered for one deployment. */
export function requestRows(deployment: Deployment, question: AnchoredQuestion, moment: Moment): FoundRows<RequestRow> {
  const { passes: holds, isOpen } = filterOf(question.filter)
  const passes = (row: RequestRow) => row.deployment === deployment && (isOpen || holds(filterableRequest(row)))
  const ledger: Ledger<RequestRow> = deployment.instance.requests
  return { rows: ledger.around(windowOf(question, moment), passes), passes }
}

function filterOf(filter: string | null | undefined): ReadFilter {
  const read = readLogFilter(filter ?? '')
  if (read === undefined) throw cannotProcess('The filter cannot be read')
  return read
}

/** Refuses a time that lies wholly outside what is kept; of one that only reaches out of it the rest is answered. */
function windowOf(question: AnchoredQuestion, { now, isQuirky }: Moment): LedgerWindow {
  const { anchorDate, beforeDate, beforeLimit, afterDate, afterLimit, limit } = question
  const oldest = timeText(now - retentionMs, 0)
  const anchor = dateOf(anchorDate) ?? timeText(now, 999_999)
  const from = dateOf(beforeDate) ?? oldest
  const until = dateOf(afterDate)
  if (anchor < oldest && (until ?? anchor) < oldest) throw cannotProcess('Nothing so old is kept')
  const before = bounded(beforeLimit ?? limit ?? (afterLimit == null ? rowsUnlessAsked : 0))
  return {
    anchor,
    before: before > 0 && isQuirky ? before + 1 : before,
    from: from < oldest ? oldest : from,
    after: bounded(afterLimit ?? 0),
    until,
  }
}

function bounded(limit: number): number {
  return Math.min(Math.max(0, limit), mostRows)
}

function dateOf(date: string | null | undefined): string | undefined {
  if (date == null) return undefined
  const time = timeTextOf(date)
  if (time === undefined) throw cannotProcess(`${date} is no date`)
  return time
}

function filterable({ message, severity, attributes, deployment, kind, instanceId }: PrintedRow): Filtered {
  return {
    text: message,
    field: (name) => {
      switch (name) {
        case 'level':
          return severity
        case 'service':
          return deployment.instance.service.id
        case 'deployment':
          return deployment.id
        case 'replica':
          return kind === 'build' ? deployment.snapshotId : instanceId
        case 'snapshot':
          return kind === 'build' ? deployment.snapshotId : undefined
        default:
          return attribute(attributes, name)
      }
    },
  }
}

function filterableRequest(row: RequestRow): Filtered {
  const { method, path, host, httpStatus, totalDuration, deployment } = row
  const fields: Record<string, unknown> = {
    ...row,
    at: undefined,
    time: undefined,
    deployment: undefined,
    timestamp: row.time,
    responseTime: totalDuration,
    deploymentId: deployment.id,
  }
  return { text: `${method} ${host}${path} ${httpStatus}`, field: (name) => fields[name] }
}

/** By its whole name, else step by step: `user.id`, `tags[0]`. */
function attribute(attributes: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(attributes, name)) return attributes[name]
  let value: unknown = attributes
  for (const [, key, index] of name.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (index !== undefined) value = Array.isArray(value) ? value[Number(index)] : undefined
    else value = isRecord(value) && key !== undefined && Object.hasOwn(value, key) ? value[key] : undefined
  }
  return value
}
