import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import { isUploaded } from '../kit/uploaded-revision.ts'
import { badReleasesIn, clearedText, markedText } from '../plan/bad-releases.ts'
import type { FlagChange } from '../plan/flag-change.ts'
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
import { rolloutIn, rolloutText, rolloutVariable } from '../plan/rollout-note.ts'
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
  /** The environment as it was read a moment ago: where it is given, nothing is read once more before the lease is taken. */
  seen?: ObservedState
  /** What ran before; kept with the release. */
  previousCommit?: string
  /** Takes the lease from whoever holds it, and says so: `--take-lease`, and what is done to rescue. */
  takesOver: boolean
  /** A change of flags: kept on the platform until it is over, so that whoever comes next can finish it or take it back. */
  flags?: readonly FlagChange[]
  /** Commits that are marked bad, in the request that takes the lease: so the mark outlives whatever becomes of the work. */
  marks?: readonly string[]
  /** A commit whose mark goes when the work passes, because somebody brought it back on purpose. */
  clears?: string
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
  /** Notes that the change of flags is being taken back: to go on means that, from here on. */
  noteReverting(): Promise<void>
}

/** What the notes say when an operation is over; what is absent stays as it is. */
interface Left {
  operation: string | undefined
  rollout: Record<string, string>
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
  const before = request.seen === undefined ? await notesThere(target, needs) : seenNotes(request.seen)
  const platformTime = platformClock(before.platformTime, clock)
  const there = { environment, sharedVariables: before.sharedVariables, platformTime: platformTime() }
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
  const putBack: NonNullable<ReleaseNote['putBack']> = {}
  const migrations: string[] = []
  let commit: string | undefined
  let areFlagsChanged = false
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
    if (event.type === 'deployment-rolled-back' && operation.command === 'deploy' && isUploaded(event.commit)) {
      if (event.commit === request.previousCommit) putBack[event.service] = event.deploymentId
    }
    if (event.type === 'flags-changed') areFlagsChanged = true
    await record.note(event)
    if (event.type === 'rollback-started') await goBack()
    await needs.report(event)
  }
  const textBefore = (name: string) => plainValue(before.sharedVariables, name)
  const notesBefore = notesIn(textBefore)
  const begun = notesBefore.operation
  // What only a deploy can finish is left to be found by the next one; whoever goes back means to end it.
  const keepsNote =
    request.flags !== undefined ||
    (begun?.command === 'deploy' && operation.command !== 'deploy' && operation.command !== 'rollback')
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
    const noteBefore = textBefore(noteVariables.operation) ?? ''
    const kind = failure?.kind
    if (kind === undefined || kind === 'failed' || kind === 'rolled-back') {
      return begun === undefined || finishes(operation, begun) ? '' : noteBefore
    }
    const isRefusal = kind === 'refused' || kind === 'denied' || kind === 'usage'
    return isRefusal && Object.keys(deployments).length === 0 ? noteBefore : undefined
  }
  /** Flags of another change that is not over are kept in the note, whatever becomes of ours. */
  const rolloutBefore = rolloutIn(before)
  const otherFlags = (rolloutBefore?.flags ?? []).filter(
    ({ variable }) => !(request.flags ?? []).some((ours) => ours.variable === variable),
  )
  const rolloutNote = (flags: readonly FlagChange[], isReverting = false): Record<string, string> => {
    if (request.flags === undefined) return {}
    const note = { id: nonce, by: operation.by, since, flags: [...otherFlags, ...flags], isReverting }
    return { [rolloutVariable]: note.flags.length === 0 ? '' : rolloutText(note) }
  }
  /** What the note of the flags says at the end; nothing where it stays. */
  const rolloutLeft = (failure: OperatorError | 'unknown' | undefined): Record<string, string> => {
    const kind = failure === 'unknown' ? failure : failure?.kind
    if (request.flags === undefined || kind === 'unknown') return {}
    if (kind === undefined || kind === 'failed' || kind === 'rolled-back') return rolloutNote([])
    const isRefusal = kind === 'refused' || kind === 'denied' || kind === 'usage'
    if (!isRefusal || areFlagsChanged || otherFlags.length > 0) return {}
    return { [rolloutVariable]: textBefore(rolloutVariable) ?? '' }
  }
  /** From here on, to go on means to finish going back. That this cannot be noted holds up nothing. */
  const goBack = async (): Promise<void> => {
    try {
      await write({ [noteVariables.operation]: operationText(request.previousCommit) })
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
    }
  }

  const marks = (): Record<string, string> => {
    const { marks: commits = [] } = request
    if (commits.length === 0) return {}
    const { by, reason } = operation
    const news = commits.map((one) => ({ commit: one, at: since, by, ...(reason === undefined ? {} : { reason }) }))
    return { [noteVariables.bad]: markedText(badReleasesIn(textBefore(noteVariables.bad)), news) }
  }

  /** The last word, also after an interruption: whoever comes next need not wait until the lease has run out. */
  const part = async (left: Left, verdict: ReleaseNote['verdict'] | undefined): Promise<void> => {
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
      ...(Object.keys(putBack).length === 0 ? {} : { putBack }),
      ...(plan === undefined ? {} : { plan }),
      migrations,
    }
    // A change of flags that did not hold says nothing of the commit.
    const isRelease = Object.keys(deployments).length > 0 && (request.flags === undefined || verdict === 'pass')
    const bad = badReleasesIn(variables[noteVariables.bad]?.reveal())
    const cleared = verdict === 'pass' ? bad.find((one) => one.commit === request.clears)?.commit : undefined
    await write(
      {
        [noteVariables.lease]: '',
        ...(left.operation === undefined ? {} : { [noteVariables.operation]: left.operation }),
        ...left.rollout,
        ...(isRelease ? { [noteVariables.releases]: releasesText(now.releases, release) } : {}),
        ...(cleared === undefined ? {} : { [noteVariables.bad]: clearedText(bad, cleared) }),
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
        ...rolloutNote(request.flags ?? []),
        ...marks(),
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
      noteReverting: () => write(rolloutNote(request.flags ?? [], true)),
    })
    await partQuietly({ operation: leftAfter(undefined), rollout: rolloutLeft(undefined) }, verdict)
    await record.end({ outcome: 'done' })
    return { outcome: 'done', result }
  } catch (error) {
    const failure = needs.signal.aborted && needs.signal.reason instanceof OperatorError ? needs.signal.reason : error
    const isKnown = failure instanceof OperatorError
    await partQuietly(
      { operation: isKnown ? leftAfter(failure) : undefined, rollout: rolloutLeft(isKnown ? failure : 'unknown') },
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

type NotesThere = Pick<ObservedState, 'sharedVariables' | 'platformTime'>

async function notesThere(target: Target, { platform }: LeaseNeeds): Promise<NotesThere> {
  const { variables, platformTime } = await platform.readSharedVariables(target)
  return { sharedVariables: asObserved(variables), platformTime }
}

function seenNotes({ sharedVariables, platformTime }: ObservedState): NotesThere {
  return { sharedVariables, platformTime }
}

function plainValue(variables: ObservedState['sharedVariables'], name: string): string | undefined {
  const variable = Object.hasOwn(variables, name) ? variables[name] : undefined
  return variable === undefined || 'masked' in variable ? undefined : variable.value.reveal()
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
