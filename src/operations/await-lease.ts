import type { Timing } from '../config/timing.ts'
import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import type { Secret } from '../kit/secret.ts'
import { type LeaseNote, operationNotes } from '../plan/operation-notes.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform, Target } from '../platform/platform.ts'
import type { Report } from './events.ts'
import type { Journal, OperationStart } from './journal.ts'

export interface AwaitNeeds {
  platform: Platform
  clock: Clock
  signal: AbortSignal
  timing: Timing
  report: Report
  journal: Journal
}

/** The lease that stands in the way of an operation; undefined where there is none, or where nobody is behind it any more. */
export async function leaseInTheWay(
  state: Pick<ObservedState, 'sharedVariables' | 'platformTime' | 'environment'>,
  { clock, journal }: Pick<AwaitNeeds, 'clock' | 'journal'>,
): Promise<LeaseNote | undefined> {
  const { lease } = operationNotes(state)
  if (lease === undefined || lease.until <= (state.platformTime ?? clock.now())) return undefined
  return (await journal.isAbandoned(state.environment.id, lease.nonce)) ? undefined : lease
}

/** Waits until nobody holds the lease; refuses when that takes too long. */
export async function awaitLease(
  { target, operation: { environment } }: { target: Target; operation: Pick<OperationStart, 'environment'> },
  held: LeaseNote,
  needs: AwaitNeeds,
): Promise<void> {
  const { platform, clock, signal, timing } = needs
  const { lease } = timing
  await needs.report({ type: 'lease-awaited', environment, ...told(held), forMs: lease.waitMs })
  let last = held
  const isFree = await poll(
    async () => {
      const { variables, platformTime } = await platform.readSharedVariables(target)
      const now = await leaseInTheWay(
        {
          environment: { id: target.environmentId, name: environment },
          sharedVariables: asObserved(variables),
          platformTime,
        },
        needs,
      )
      if (now === undefined) return true
      last = now
      return undefined
    },
    { clock, signal, backoff: timing.polling, withinMs: lease.waitMs },
  )
  if (isFree === undefined) throw leaseHeld(environment, last)
}

/** Shared variables as an observation has them. */
export function asObserved(variables: Record<string, Secret>): ObservedState['sharedVariables'] {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, { value }]))
}

/** What an event tells of a lease. */
export function told({ holder, command, since, reason }: LeaseNote) {
  return { holder, command, since: instant(since), ...(reason === undefined ? {} : { reason }) }
}

/** A time of a note, which anybody may have written. */
export function instant(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString()
}

/** `nina (deploy, since 2026-11-03T09:00:00.000Z: new banking queue)` */
export function holding({ holder, command, since, reason }: LeaseNote): string {
  return `${holder} (${command}, since ${instant(since)}${reason === undefined ? '' : `: ${reason}`})`
}

/** Refuses what would change an environment while somebody else does. */
export function leaseHeld(environment: string, held: LeaseNote): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'lease-held',
    message: `${holding(held)} holds the lease of ${environment}, so that two do not change it at once. Nothing was changed.`,
    hint: `Ask ${held.holder}, or wait and run the command again; to take the lease from them, add --take-lease and a --reason.`,
    retryable: true,
  })
}
