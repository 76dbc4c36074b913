import type { DeploymentId, EnvironmentId, ServiceId } from './ids.ts'

/** Where lines come from: everything that runs in an environment, one deployment, its build, or the edge in front of it. */
export type LogSource =
  | { kind: 'environment'; environmentId: EnvironmentId }
  | { kind: 'deploy' | 'build' | 'http'; deploymentId: DeploymentId }

/**
 * Rows around a moment: at most `before` of them up to `anchor` and not older than `from`, and at most `after` of them behind it and
 * not younger than `until`. Moments are RFC 3339 texts; without an anchor it is now. The platform gives one row more at times.
 */
export interface LogWindow {
  /** In the platform's own language (PLATFORM.md §7.3); empty matches everything. */
  filter?: string
  anchor?: string
  from?: string
  before?: number
  until?: string
  after?: number
}

/** One row of a log as the platform tells it. */
export interface LogRow {
  /** RFC 3339 in UTC, always with nine digits behind the second: as texts, times compare as they are. */
  time: string
  /** Known secrets are out of it; apart from that it may hold anything, and is not safe to show. */
  message: string
  /** The platform's word for how bad it is. */
  severity: string | undefined
  /** What a structured line held besides its message. */
  attributes: Readonly<Record<string, unknown>>
  serviceId: ServiceId | undefined
  deploymentId: DeploymentId | undefined
  /** The container; build rows have none. */
  instanceId: string | undefined
  /** Only of rows that the edge wrote. */
  request?: LoggedRequest
}

/** One request as the edge saw it. Durations are milliseconds. */
export interface LoggedRequest {
  id: string
  method: string
  host: string
  path: string
  status: number
  totalMs: number
  upstreamMs: number
  /** What went wrong between the edge and the container; empty when nothing did. */
  upstreamErrors: string
  region: string
}

/** Requests that the edge answered with one status, while one step of a time lasted. */
export interface AnsweredRequests {
  status: number
  /** Milliseconds since the epoch: when the step began. */
  at: number
  requests: number
}
