import type { Ledger } from './ledger.ts'
import type { Deployment, RequestRow } from './model.ts'
import type { News } from './news.ts'
import { cannotProcess } from './platform-error.ts'
import { timeText, timeTextOf } from './rfc3339.ts'

const defaultStepSeconds = 60

export type AnsweredRequest = Omit<RequestRow, 'time' | 'at' | 'deployment' | 'deploymentInstanceId'>

/** Keeps that the edge answered for a deployment, and tells whoever follows it. */
export function logRequest(news: News, at: number, deployment: Deployment, request: AnsweredRequest): void {
  const { instances, instance } = deployment
  const running = instances.find(({ status }) => status === 'RUNNING') ?? instances[0]
  const row: RequestRow = {
    ...request,
    at,
    // Two requests of one millisecond have times of their own.
    time: timeText(at, instance.requests.last?.at === at ? nanosecondsOf(instance.requests.last) + 1 : 0),
    deployment,
    deploymentInstanceId: running?.id ?? '',
  }
  instance.requests.add(row)
  news.tell(deployment, { kind: 'request', row })
}

/** What may be asked about the answers of a service. */
export interface StatusQuestion {
  startDate: string
  endDate: string
  stepSeconds?: number | null
  method?: string | null
  path?: string | null
}

interface StatusSamples {
  statusCode: number
  samples: { ts: number; value: number }[]
}

/** How many requests were answered with which status in which step; steps without any are left out. */
export function requestsByStatus(requests: Ledger<RequestRow>, question: StatusQuestion): StatusSamples[] {
  const { stepSeconds, method, path } = question
  const step = stepSeconds ?? defaultStepSeconds
  const [from, until] = [timeTextOf(question.startDate), timeTextOf(question.endDate)]
  if (from === undefined || until === undefined || step < 1) throw cannotProcess('The time or the step is none')
  const counts = new Map<number, Map<number, number>>()
  // To the end of its millisecond: clients know no smaller times.
  for (const row of requests.between(from, timeText(Date.parse(until), 999_999))) {
    if (method != null && row.method !== method.toUpperCase()) continue
    if (path != null && row.path.split('?')[0] !== path) continue
    const ts = Math.floor(row.at / 1000 / step) * step
    const steps = counts.get(row.httpStatus) ?? new Map<number, number>()
    counts.set(row.httpStatus, steps.set(ts, (steps.get(ts) ?? 0) + 1))
  }
  return Array.from(counts, ([statusCode, steps]) => ({
    statusCode,
    samples: Array.from(steps, ([ts, value]) => ({ ts, value })),
  })).sort((one, other) => one.statusCode - other.statusCode)
}

function nanosecondsOf({ time }: RequestRow): number {
  return Number(time.slice(23, 29))
}
