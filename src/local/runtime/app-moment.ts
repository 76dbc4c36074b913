import type { Condition } from '../condition.ts'
import type { JobCounts } from './queues.ts'
import type { HttpQuestion } from './runtime.ts'

/** Everything that an answer depends on. */
export interface AppMoment {
  question: HttpQuestion
  /** The container's own. */
  variables: Readonly<Partial<Record<string, string>>>
  now: number
  startedAt: number
  isBroken: boolean
  /** It says that it is a commit that nobody deployed, as a cached answer or a forgotten container does. */
  isWrongRevision?: boolean
  /** The mcp-server's code, not the Laravel one's. */
  isMcpServer: boolean
  condition: Condition
  /** On the connection that this container dispatches to. */
  jobs: JobCounts
}
