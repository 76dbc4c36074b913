import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import {
  type LeaseNote,
  notesIn,
  noteText,
  noteVariables,
  type OperationNote,
  operationNotes,
  type ReleaseNote,
  releasesText,
} from '../plan/operation-notes.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import { type AwaitNeeds, asObserved, holding, instant, leaseInTheWay, told } from './await-lease.ts'
import type { Report } from './events.ts'
import type { OperationStart } from './journal.ts'
import type { Author } from './patch-message.ts'

/** Who works on which environment, and on what. */
export interface LeaseRequest {
  target: Target
  operation: Omit<OperationStart, 'id'>
  /** What ran before; kept with the release. */
  previousCommit?: string
  /** Takes the lease from whoever holds it, and says so: `--take-lease`, and what is done to rescue. */
  takesOver: boolean
}

export interface LeaseNeeds extends AwaitNeeds {
  checkpoint: () => void
  /** Cryptographic randomness, as so many bytes. */
  random: (bytes: number) => Uint8Array
}

/** The lease of one operation. What it needs to wait, report and stop comes from here: so the lease is kept, and the journal written. */
export interface Lease {
  /** Of the operation: what the journal and the notes on the platform call it. */
  id: string
  /** The environment as it was once the lease was ours. */
  state: ObservedState
  /** Renews the lease whenever it is time, before it lets any time pass. */
  clock: Clock
  /** Tells an event when it is on the disk. */
  report: Report
  /** Throws where what was just read says that the lease is somebody else's. */
  check(state: Pick<ObservedState, 'sharedVariables'>): void
  /** The same before something is started: asks, unless that was done a moment ago. */
  confirm(): Promise<void>
}

/** What the author of a change tells about the operation. */
export function operationOf({ command, person, reason }: Author): Pick<OperationStart, 'command' | 'by' | 'reason'> {
  return { command, by: person, ...(reason === undefined ? {} : { reason }) }
}

/** Asked again before something is started when the last answer is older than this. */
const freshMs = 2_000

/**
 * Does the work while nobody else works on the environment. `held` where somebody was quicker: then nothing was done.
 * The lease is advisory, because the platform has no compare-and-swap: what was written is read back a moment later, and whoever
 * wrote last has it.
 */
export async function underLease<Result>(
  request: LeaseRequest,
  needs: LeaseNeeds,
  work: (lease: Lease) => Promise<{ result: Result; verdict?: ReleaseNote['verdict'] }>,
): Promise<{ outcome: 'done'; result: Result } | { outcome: 'held'; by: LeaseNote }> {
  const { target, operation, takesOver } = request
  const { platform, clock, timing, journal } = needs
  const environment = { id: target.environmentId, name: operation.environment }
  const before = await platform.readSharedVariables(target)
  const platformTime = platformClock(before.platformTime, clock)
  const there = { environment, sharedVariables: asObserved(before.variables), platformTime: platformTime() }
  const held = await leaseInTheWay(there, needs)
  if (held !== undefined && !takesOver) return { outcome: 'held', by: held }
  const nonce = Buffer.from(needs.random(8)).toString('hex')
  const record = await journal.begin(target.environmentId, { id: nonce, ...operation })
  const since = Math.round(platformTime())
  const leaseText = () =>
    noteText({
      nonce,
      holder: operation.by,
      command: operation.command,
      ...(operation.reason === undefined ? {} : { reason: operation.reason }),
      since,
      until: Math.round(platformTime() + timing.lease.lifeMs),
    })
  const write = (variables: Record<string, string>, { over = [nonce], isParting = false } = {}) =>
    platform.change('write-shared-variables', { ...target, variables, over, isParting })
  let askedAt = clock.now()
  let isOurs = false

  const check: Lease['check'] = (state) => {
    const { lease } = operationNotes(state)
    if (lease?.nonce !== nonce) {
      isOurs = false
      throw leaseLost(operation.environment, lease)
    }
    askedAt = clock.now()
  }
  const ask = async (): Promise<void> => {
    const { variables } = await platform.readSharedVariables(target)
    check({ sharedVariables: asObserved(variables) })
  }
  let renewedAt = clock.now()
  const keep = async (): Promise<void> => {
    if (clock.now() - renewedAt < timing.lease.renewMs) return
    await ask()
    await write({ [noteVariables.lease]: leaseText() })
    renewedAt = clock.now()
  }
  const deployments: ReleaseNote['deployments'] = {}
  const migrations: string[] = []
  let commit: string | undefined
  const report: Report = async (event) => {
    if (event.type === 'deployment-created' || event.type === 'deployment-followed') {
      deployments[event.service] = event.deploymentId
      commit = event.commit ?? commit
    }
    if (event.type === 'migrations-ran') migrations.push(...event.done)
    // Within a deploy these put its release back, and are none of their own.
    if (event.type === 'deployment-rolled-back' && operation.command === 'rollback') {
      deployments[event.service] = event.deploymentId
      commit = event.commit ?? commit
    }
    await record.note(event)
    if (event.type === 'rollback-started') await goBack()
    await needs.report(event)
  }
  const notesBefore = notesIn((name) => before.variables[name]?.reveal())
  const begun = notesBefore.operation
  // What only a deploy can finish is left to be found by the next one; whoever goes back means to end it.
  const keepsNote = begun?.command === 'deploy' && operation.command !== 'deploy' && operation.command !== 'rollback'
  const isSameAgain = begun?.command === operation.command && begun.commit === operation.commit
  const operationText = (asked: string | undefined) => {
    const { command, by, services } = operation
    return noteText({
      nonce,
      command,
      by,
      // Begun again, it goes on with what was started the first time.
      since: isSameAgain ? begun.since : since,
      ...(asked === undefined ? {} : { commit: asked }),
      ...(services === undefined ? {} : { services: [...services] }),
    })
  }
  /**
   * What the note of the operation says at the end: undefined leaves it, because there is something to go on with. What was refused
   * before anything was started has done nothing, so that an operation before it that was not finished still is not.
   */
  const leftAfter = (failure: OperatorError | undefined): string | undefined => {
    if (keepsNote) return undefined
    const textBefore = before.variables[noteVariables.operation]?.reveal() ?? ''
    const kind = failure?.kind
    if (kind === undefined || kind === 'failed' || kind === 'rolled-back') {
      return begun === undefined || finishes(operation, begun) ? '' : textBefore
    }
    const isRefusal = kind === 'refused' || kind === 'denied' || kind === 'usage'
    return isRefusal && Object.keys(deployments).length === 0 ? textBefore : undefined
  }
  /** From here on, to go on means to finish going back. That this cannot be noted holds up nothing. */
  const goBack = async (): Promise<void> => {
    try {
      await write({ [noteVariables.operation]: operationText(request.previousCommit) })
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
    }
  }

  /** The last word, also after an interruption: whoever comes next need not wait until the lease has run out. */
  const part = async (left: string | undefined, verdict: ReleaseNote['verdict'] | undefined): Promise<void> => {
    const { variables } = await platform.readSharedVariables(target, { isParting: true })
    const now = notesIn((name) => variables[name]?.reveal())
    if (now.lease?.nonce !== nonce) return
    const { by, reason, plan } = operation
    const release: ReleaseNote = {
      id: nonce,
      at: Math.round(platformTime()),
      by,
      ...(reason === undefined ? {} : { reason }),
      ...(commit === undefined ? {} : { commit }),
      ...(request.previousCommit === undefined ? {} : { previousCommit: request.previousCommit }),
      verdict: verdict ?? 'unknown',
      deployments,
      ...(plan === undefined ? {} : { plan }),
      migrations,
    }
    const isRelease = Object.keys(deployments).length > 0
    await write(
      {
        [noteVariables.lease]: '',
        ...(left === undefined ? {} : { [noteVariables.operation]: left }),
        ...(isRelease ? { [noteVariables.releases]: releasesText(now.releases, release) } : {}),
      },
      { isParting: true },
    )
  }
  const partQuietly = async (...words: Parameters<typeof part>): Promise<void> => {
    if (!isOurs) return
    try {
      await part(...words)
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      const until = instant(platformTime() + timing.lease.lifeMs)
      await report({ type: 'lease-left', environment: operation.environment, until })
    }
  }

  try {
    needs.checkpoint()
    isOurs = true
    await write(
      {
        [noteVariables.lease]: leaseText(),
        ...(keepsNote ? {} : { [noteVariables.operation]: operationText(operation.commit) }),
      },
      { over: [notesBefore.lease?.nonce ?? ''] },
    )
    if (held !== undefined) await report({ type: 'lease-taken', environment: environment.name, ...told(held) })
    await clock.sleep(timing.lease.settleMs, needs.signal)
    const state = await platform.observe(target)
    const { lease: now } = operationNotes(state)
    if (now !== undefined && now.nonce !== nonce && !takesOver) {
      await record.end({ outcome: 'refused', code: 'lease-held' })
      return { outcome: 'held', by: now }
    }
    check(state)
    const { result, verdict } = await work({
      id: nonce,
      state,
      clock: {
        now: () => clock.now(),
        after: (ms, act) => clock.after(ms, act),
        sleep: async (ms, signal) => {
          await keep()
          await clock.sleep(ms, signal)
        },
      },
      report,
      check,
      confirm: async () => {
        if (clock.now() - askedAt > freshMs) await ask()
      },
    })
    await partQuietly(leftAfter(undefined), verdict)
    await record.end({ outcome: 'done' })
    return { outcome: 'done', result }
  } catch (error) {
    const failure = needs.signal.aborted && needs.signal.reason instanceof OperatorError ? needs.signal.reason : error
    const isKnown = failure instanceof OperatorError
    await partQuietly(
      isKnown ? leftAfter(failure) : undefined,
      isKnown && (failure.kind === 'failed' || failure.kind === 'rolled-back') ? 'fail' : 'unknown',
    )
    await record.end(
      isKnown
        ? { outcome: failure.kind, code: failure.code, message: failure.message }
        : { outcome: 'bug', code: 'bug' },
    )
    throw error
  }
}

/** The platform's clock, as far as this one can tell: it goes on from the platform's last word. */
function platformClock(said: number | undefined, clock: Clock): () => number {
  const offset = said === undefined ? 0 : said - clock.now()
  return () => clock.now() + offset
}

function leaseLost(environment: string, by: LeaseNote | undefined): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'lease-lost',
    message: `${by === undefined ? 'Somebody' : holding(by)} took the lease of ${environment}, so this command starts nothing more. What it had asked of the platform before goes on there.`,
    hint: `Run: fakturino status -e ${environment}`,
  })
}

/** Is nothing of an operation that was not finished left when this one is over? Of a deploy of more services, something is. */
function finishes(operation: LeaseRequest['operation'], begun: OperationNote): boolean {
  const { services } = operation
  if (services === undefined) return true
  return begun.services?.every((service) => services.includes(service)) ?? false
}
