import type { RolloutFlag } from '../config/rollout.ts'
import type { PastOperation } from '../journal/history.ts'
import type { TimelineItem } from '../journal/timeline.ts'
import type { OperatorError } from '../kit/errors.ts'
import type { Finding } from '../kit/finding.ts'
import type { ErrorGroup } from '../logs/group-errors.ts'
import type { EnvironmentCheck } from '../operations/check-environment.ts'
import type { MigrateUp } from '../operations/migrate-up.ts'
import type { EnvironmentFlags, ToldFlag } from '../operations/read-flags.ts'
import type { EnvironmentStatus } from '../operations/read-status.ts'
import type { Release } from '../operations/release.ts'
import type { Restart } from '../operations/restart.ts'
import type { MigrateRollback } from '../operations/roll-back-migrations.ts'
import type { RolledOut } from '../operations/roll-out-flags.ts'
import type { Rollback } from '../operations/rolled-back.ts'
import type { ArtisanRun } from '../operations/run-artisan.ts'
import type { SecondWays } from '../operations/second-ways.ts'
import type { SetUp } from '../operations/set-up.ts'
import type { MigrationPlan, MigrationStatus } from '../operations/show-migrations.ts'
import type { SwitchedOff } from '../operations/switch-off-flag.ts'
import type { TopicalOperation } from '../operations/unfinished.ts'
import type { Validation } from '../operations/validate-flag.ts'
import type { Plan } from '../plan/plan.ts'
import type { Identity } from '../platform/platform.ts'

/** What a command ends with. `plan`, `status`, `check` and `whoami` are whole documents; the others end a stream of events. */
export type Answer =
  | {
      type: 'plan'
      plan: Plan
      isRehearsal: boolean
      isProtected: boolean
      saved?: SavedAs
      secondWays?: SecondWays
      operation?: TopicalOperation
    }
  /** `rollback`: the command that rolls back, where something can be. `watch`: one look of many, so often. */
  | {
      type: 'status'
      status: EnvironmentStatus
      isRehearsal: boolean
      operation?: TopicalOperation
      rollback?: string
      watch?: { everyMs: number }
    }
  /** `before`: the look before this one, where it is watched. */
  | { type: 'check'; check: EnvironmentCheck; isRehearsal: boolean; before?: EnvironmentCheck }
  | ({ type: 'history' } & ToldHistory)
  /** Ends what was told of a log. */
  | { type: 'logs'; lines: number; gaps: number }
  | {
      type: 'log-errors'
      project: string
      environment: string
      isRehearsal: boolean
      /** RFC 3339: what was looked through. */
      since: string
      until: string
      lines: number
      gaps: number
      errors: ErrorGroup[]
    }
  | { type: 'whoami'; identity: Identity; endpoint: string; isRehearsal: boolean }
  | {
      type: 'init'
      setUp: SetUp
      config: { path: string; isNew: boolean }
      releases: ToldRelease[]
      next: string[]
    }
  | ({ type: 'deploy' } & ToldRelease)
  | { type: 'restart'; restart: Restart }
  | { type: 'artisan'; artisan: ArtisanRun; isRehearsal: boolean }
  | { type: 'rollback'; rollback: Rollback; undo: Undo }
  | ({ type: 'migrate'; isRehearsal: boolean } & ToldMigrations)
  /** `rollback` asked what hurts, and it was not the release: what does it instead. */
  | { type: 'rollback-left'; hurts: 'migration' | 'nothing'; next: string }
  /** `next`: what to look at or finish first; null where nothing stands out. */
  | { type: 'flags'; environments: EnvironmentFlags[]; isRehearsal: boolean; next: string | null }
  | { type: 'flag'; shown: ShownFlag; isRehearsal: boolean; next: string }
  | { type: 'flags-set'; rolledOut: RolledOut; undo: Undo }
  /** `file`: where the evidence was written to as well. */
  | { type: 'validation'; validation: Validation; isRehearsal: boolean; file?: string; next: string }
  | { type: 'flag-off'; off: SwitchedOff; undo: Undo }
  | { type: 'rehearsal-up'; rehearsal: RehearsalUp }
  | { type: 'rehearsal-down'; wasRunning: boolean }
  | { type: 'rehearsal'; report: RehearsalReport }

/** Everything about one flag. */
export interface ShownFlag {
  flag: string
  variable: string
  default: string | null
  riskyValue: string | null
  /** Switching it off is the risk. */
  isSafety: boolean
  /** The checklist that has to be green before the risky value. */
  items: { id: string; title: string; text: string; isAutomatic: boolean }[]
  requires: RolloutFlag['requires']
  /** The environment that it is tried in first. */
  validatedIn?: string
  /** `missing`: requirements that are not met there. `isUnderWay`: a change of it is not over. */
  environments: (ToldFlag & { environment: string; missing: Finding[]; isUnderWay: boolean })[]
}

/** What `migrate` ends with. `undo`: absent where nothing was done. */
export type ToldMigrations =
  | { act: 'status'; status: MigrationStatus }
  | { act: 'plan'; plan: MigrationPlan }
  | { act: 'up'; up: MigrateUp; undo?: Undo }
  | { act: 'rollback'; rollback: MigrateRollback; undo?: Undo }

/** What was done in an environment. */
export interface ToldHistory {
  project: string
  environment: string
  isRehearsal: boolean
  /** Those of this machine's journal. */
  operations: Omit<PastOperation, 'lastAt'>[]
  /** All of it in one line, the newest first. */
  items: TimelineItem[]
  /** The history of patches is denied to the token. */
  isDenied: boolean
  /** Not everything before this moment is told; null: it is. ISO 8601. */
  completeSince: string | null
  /** When it was told. ISO 8601. */
  at: string
  /** As a document for people, where it is not told as JSON. */
  isMarkdown: boolean
}

/** Where a plan was saved, and the command that applies it. */
export interface SavedAs {
  path: string
  apply: string
}

/** A release and the way back from it. */
export interface ToldRelease {
  release: Release
  undo: Undo
  /** Commands that look at it and go on, where nobody waited for it. */
  next?: string[]
}

/** How to get back. `command` is absent where no command can. */
export interface Undo {
  command?: string
  /** What going back does not restore, or why there is no way. */
  note: string
}

export interface RehearsalUp {
  endpoint: string
  edge: { host: string; port: number }
  tokens: { account: string; workspace: string; project: Record<string, string> }
  pid: number
  next: string[]
}

/** What the tour did, step by step. */
export interface RehearsalReport {
  steps: RehearsalStep[]
  /** What a person sees at the end, by command; empty when a step did not hold. */
  screens: { command: string; text: string }[]
  elapsedMs: number
  requests: number
}

export interface RehearsalStep {
  step: string
  title: string
  outcome: 'passed' | 'failed' | 'not-reached'
  proved: string[]
  /** Why it failed. */
  reason?: string
  elapsedMs: number
  requests: number
}

/** A failure and the exit code it ends the command with. */
export interface ToldFailure {
  error: OperatorError
  exitCode: number
}
