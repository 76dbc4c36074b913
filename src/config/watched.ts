/** What is asked of one environment once it runs, resolved: no defaults left to apply. */
export interface Watched {
  checks: WatchedCheck[]
  metrics: WatchedMetric[]
  /** Services that work on queues. */
  workers: Worker[]
  schedulers: Scheduler[]
  /** Queues that a flag needs while it is on. */
  queuesOfFlags: { queue: string; flag: WatchedFlag }[]
  /** How often `check --watch` looks, where the config says so: the shortest interval of its health checks. */
  intervalMs?: number
}

/** One question of the config's `checks`. */
export interface WatchedCheck {
  name: string
  service: string
  path: string
  statuses: number[]
  format: 'status' | 'health' | 'prometheus'
  timeoutMs?: number
  /** Answers only while it is on. */
  flag?: WatchedFlag
  /** A service that reads the flag, where the one that is asked does not. */
  flagReader?: string
  /** Parts of a health answer that never fail it. */
  advisory: string[]
  /** Does it decide whether a change of flags holds? Absent: it does. */
  use?: 'gating' | 'observed'
  /** Why its service is not there yet. */
  pending?: string
}

/** A metric of the config, with its name. */
export interface WatchedMetric {
  name: string
  means: string
  use: 'gating' | 'observed'
  /** `growth`: only how much it grew is judged. */
  measure?: 'value' | 'growth'
  /** The value that says that there is nothing to measure. */
  missing?: number
  critical?: { below: number } | { above: number }
  advisory?: { below: number } | { above: number }
}

/** A flag as the running world shows it: a variable of services. */
export interface WatchedFlag {
  name: string
  variable: string
  /** What the application takes where nothing is stored. */
  default: boolean
}

export interface Worker {
  service: string
  queues: string[]
  /** The services that dispatch to it: the others of its codebase that answer requests. */
  dispatchers: string[]
}

export interface Scheduler {
  service: string
  jobs: { job: string; when: string; flag?: WatchedFlag }[]
}

/** Where no config says what to ask. */
export const nothingWatched: Watched = { checks: [], metrics: [], workers: [], schedulers: [], queuesOfFlags: [] }
