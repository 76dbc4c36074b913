import type { Check } from '../check-tools.ts'
import { answers } from './answers.ts'
import { errorBurst } from './error-burst.ts'
import { failingRequests } from './failing-requests.ts'
import { health } from './health.ts'
import { metrics } from './metrics.ts'
import { oneRevision } from './one-revision.ts'
import { queueBacklog } from './queue-backlog.ts'
import { queueConsumers } from './queue-consumers.ts'
import { runs } from './runs.ts'
import { scheduler } from './scheduler.ts'
import { statuses } from './statuses.ts'
import { workers } from './workers.ts'

/** Everything that can be asked of an environment that runs, in the order in which it is told. */
export const checks = {
  runs,
  oneRevision,
  answers,
  health,
  statuses,
  metrics,
  workers,
  queueConsumers,
  queueBacklog,
  scheduler,
  errorBurst,
  failingRequests,
} as const satisfies Record<string, Check>

export type CheckKind = keyof typeof checks
