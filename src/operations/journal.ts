import type { FailureCode, FailureKind } from '../kit/errors.ts'
import type { EnvironmentId } from '../platform/ids.ts'
import type { OperationEvent } from './events.ts'

/** An operation as it begins. Never holds a secret: people read this months later. */
export interface OperationStart {
  /** Also the nonce of its lease. */
  id: string
  command: string
  project: string
  environment: string
  by: string
  reason?: string
  /** What was asked for: a commit, or `latest`; absent: what runs. */
  commit?: string
  /** Only these; absent: all. */
  services?: readonly string[]
  /** What flags were to have: `partner_portal=true`. */
  flags?: readonly string[]
  /** The fingerprint of the plan that it carries out. */
  plan?: string
}

/** How it ended; `done` also where there was nothing to do. */
export interface OperationEnd {
  outcome: 'done' | FailureKind
  code?: FailureCode
  message?: string
}

/** What happened in one environment, on this machine: each line is on the disk before the next act begins. */
export interface Journal {
  begin(environmentId: EnvironmentId, operation: OperationStart): Promise<OperationRecord>
  /** Did the operation of this id begin on this machine, and is nobody at it any more? Its lease may have been left behind. */
  isAbandoned(environmentId: EnvironmentId, operation: string): Promise<boolean>
}

/** The record of one operation that is under way. */
export interface OperationRecord {
  note(event: OperationEvent): Promise<void>
  end(ending: OperationEnd): Promise<void>
}
