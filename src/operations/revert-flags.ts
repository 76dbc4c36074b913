import type { DesiredState } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed } from '../kit/text.ts'
import { type FlagChange, flagsBack, touchedServices } from '../plan/flag-change.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { PatchId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import { deployAgain, healthMs, staleServices, storeFlags, watchFlags } from './change-flags.ts'
import { endingOf } from './ending-of-change.ts'
import type { Lease } from './lease.ts'
import type { Author } from './patch-message.ts'
import { type RollbackOrder, rollBackDeployments } from './roll-back-deployments.ts'
import { storeChanges } from './store-changes.ts'
import { checkServing, type VerifyNeeds } from './verify-release.ts'
import type { DeploymentEnding } from './watch-deployments.ts'
import { watchSettling } from './watch-settling.ts'

/** A change of flags that did not hold. */
export interface Reverting {
  changes: readonly FlagChange[]
  /** The environment before the change; absent where an earlier run made it. */
  before: ObservedState | undefined
  desired: DesiredState
  target: Target
  author: Author
  because: string
  /** When it was bad first, by our clock (milliseconds). */
  badSince: number
}

/** How it was taken back. */
export interface Reverted {
  /** `images`: the containers of before, without a build. `deployments`: built once more. `nothing`: nothing had to be started. */
  way: 'images' | 'deployments' | 'nothing'
  /** From the first bad sample until everything was as before, in milliseconds. */
  elapsedMs: number
}

export interface RevertNeeds extends VerifyNeeds {
  checkpoint: () => void
}

/**
 * Takes a change of flags back: only what it stored itself, by one patch, and only where it still stands. Containers of before come
 * back from their kept images where the commit is the same, else by new deployments. Then it is proved that everything is as before.
 */
export async function revertFlags(
  reverting: Reverting,
  lease: Pick<Lease, 'id' | 'check' | 'confirm' | 'noteReverting'>,
  needs: RevertNeeds,
): Promise<Reverted> {
  const { changes, target, because, badSince, author } = reverting
  const { platform, report, clock } = needs
  await lease.noteReverting()
  const now = await platform.observe(target, { withRecent: true })
  lease.check(now)
  const environment = now.environment.name
  const { patch, moved } = flagsBack(changes, now)
  if (moved.length > 0) throw movedSince(changes, moved, because, environment)
  await report({ type: 'flags-reverting', environment, flags: changes.map(({ name }) => name), because })
  const own = { ...needs, confirm: lease.confirm }
  const orders = patch === undefined ? undefined : ordersBack(reverting, now, needs)
  let way: Reverted['way'] = 'nothing'
  let endings: DeploymentEnding[] = []
  const stored =
    patch === undefined || orders === undefined ? undefined : await storedQuietly(patch, now, author, needs)
  if (patch !== undefined && orders !== undefined && stored !== undefined) {
    await report({
      type: 'flags-changed',
      environment,
      patchId: stored,
      way: 'back',
      flags: changes.map(({ name, variable, before }) => ({
        name,
        variable,
        value: 'as before',
        services: Object.keys(before),
      })),
      services: touchedServices(patch, now).map(({ name }) => name),
    })
    const ended = await rollBackDeployments(orders, target, environment, own)
    way = ended.some(({ isBuilt }) => isBuilt) ? 'deployments' : 'images'
    endings = ended.flatMap(({ ending }) => ending ?? [])
    await watchSettling(endings.filter(isLive), needs)
  } else if (patch !== undefined) {
    way = 'deployments'
    const { started } = await storeFlags({ changes, patch, state: now, author, id: lease.id, way: 'back' }, own)
    endings = await watchFlags(started, needs)
  }
  const back = backChanges(changes)
  const left = await platform.observe(target)
  const stale = await staleServices(back, left, needs)
  if (stale.length > 0) {
    way = 'deployments'
    endings = [...endings, ...(await watchFlags(await deployAgain(stale, left, own), needs))]
  }
  await prove(reverting, endings, lease, needs)
  const elapsedMs = clock.now() - badSince
  await report({ type: 'flags-reverted', environment, flags: changes.map(({ name }) => name), by: way, elapsedMs })
  return { way, elapsedMs }
}

/** The change that leads back, for those services that had a value. */
function backChanges(changes: readonly FlagChange[]): FlagChange[] {
  return changes.flatMap(({ name, variable, before }) => {
    const values = [...new Set(Object.values(before))]
    return values.map((value): FlagChange => {
      const services = Object.entries(before).filter(([, was]) => was === value)
      return { name, variable, value: value ?? 'false', before: Object.fromEntries(services) }
    })
  })
}

/** What ran before of every service that was replaced, where it is of the commit that runs now; else undefined. */
function ordersBack(
  { before, changes }: Reverting,
  now: ObservedState,
  { timing }: RevertNeeds,
): RollbackOrder[] | undefined {
  const orders: RollbackOrder[] = []
  for (const service of now.services) {
    const { name, id, latest } = service
    const old = liveDeployment(before?.services.find((one) => one.name === name))
    const live = liveDeployment(service)
    if (!changes.some((change) => name in change.before)) continue
    if (old === undefined || old.commit === undefined || old.commit !== (live ?? latest)?.commit) return undefined
    // What still serves needs nothing.
    if (live?.id === old.id) continue
    const ms = healthMs(name, now, timing)
    orders.push({ service: name, serviceId: id, to: old, isReplaced: true, by: 'image-or-build', healthMs: ms })
  }
  return orders
}

function isLive({ outcome }: DeploymentEnding): boolean {
  return outcome === 'live'
}

/** By one patch that deploys nothing; undefined where others staged something, or the token may not stage: then it is committed past that. */
async function storedQuietly(
  patch: Parameters<typeof storeChanges>[0]['patch'],
  state: ObservedState,
  author: Author,
  needs: RevertNeeds,
): Promise<PatchId | undefined> {
  try {
    const stored = await storeChanges({ state, patch, author: { ...author, about: 'back' }, allowStaged: false }, needs)
    return stored === 'denied' ? undefined : stored
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'staged-changes') return undefined
    throw error
  }
}

/** Stored as before, running as before, answering. */
async function prove(
  { changes, desired, target, because }: Reverting,
  endings: readonly DeploymentEnding[],
  lease: Pick<Lease, 'check'>,
  needs: RevertNeeds,
): Promise<void> {
  const state = await needs.platform.observe(target)
  lease.check(state)
  const environment = state.environment.name
  const { patch, moved } = flagsBack(changes, state)
  const bad = endings.filter(({ outcome }) => outcome !== 'live').map(({ service }) => service)
  const stale = (await staleServices(backChanges(changes), state, needs)).map(({ name }) => name)
  const open = [...new Set([...bad, ...stale, ...moved])]
  if (patch !== undefined || open.length > 0) throw notReverted(changes, open, because, environment)
  for (const { service } of endings) {
    const asked = desired.services.find(({ name }) => name === service)
    if (asked === undefined) continue
    const answers = await checkServing(asked, undefined, state, needs)
    if (answers.some(({ outcome }) => outcome === 'fail')) throw notReverted(changes, [service], because, environment)
  }
}

function movedSince(
  changes: readonly FlagChange[],
  moved: readonly string[],
  because: string,
  environment: string,
): OperatorError {
  const names = changes.map(({ name }) => name)
  return new OperatorError({
    kind: 'unfinished',
    code: 'moved',
    message: `${listed(names)} did not hold in ${environment}: ${because} It was not taken back, because somebody changed ${listed(moved)} since, and that is theirs.`,
    hint: `Find out who with \`fakturino history -e ${shellWord(environment)}\`. To end it all the same, run ${listed(changes.map((change) => `\`${endingOf(change, environment)}\``))}.`,
  })
}

function notReverted(
  changes: readonly FlagChange[],
  open: readonly string[],
  because: string,
  environment: string,
): OperatorError {
  const names = changes.map(({ name }) => name)
  return new OperatorError({
    kind: 'failed',
    code: 'rollback-failed',
    message: `${listed(names)} did not hold in ${environment}: ${because} It was taken back, and ${open.length === 0 ? 'what is stored' : listed(open)} is not as before.`,
    hint: `Run \`fakturino status -e ${shellWord(environment)}\`, then ${listed(names.map((name) => `\`fakturino flags resume ${shellWord(name)} -e ${shellWord(environment)}\``))}: it goes on with taking it back.`,
  })
}
