import type { DesiredState } from '../config/desired.ts'
import { own } from '../config/own.ts'
import type { RolloutFlag } from '../config/rollout.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed } from '../kit/text.ts'
import { flagChange, flagPatch, touchedServices } from '../plan/flag-change.ts'
import { isOnItsWay, liveDeployment } from '../plan/plan-deployments.ts'
import { rolloutIn } from '../plan/rollout-note.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import type { Approve } from './approval.ts'
import { awaitLease } from './await-lease.ts'
import { healthMs, storeFlags, watchFlags } from './change-flags.ts'
import { isBad, levelFailed } from './deploy-failures.ts'
import { type LeaseNeeds, operationOf, underLease } from './lease.ts'
import type { Author } from './patch-message.ts'
import { tellLogs } from './tell-logs.ts'
import { checkServing, type VerifyNeeds } from './verify-release.ts'
import type { AwaitedDeployment } from './watch-deployments.ts'

export interface TriedFlag {
  flag: RolloutFlag
  state: ObservedState
  desired: DesiredState
  author: Author
  /** Take the lease from whoever holds it. */
  takesLease: boolean
}

export interface TryNeeds extends LeaseNeeds, VerifyNeeds {
  approve: Approve
}

/**
 * Gives a flag its risky value where it is tried first, for all services that read it, and follows their deployments. Where it has it
 * already nothing is touched. Resolves with whether something was changed, or `dry-run`.
 */
export async function tryFlag(
  { flag, state, desired, author, takesLease }: TriedFlag,
  needs: TryNeeds,
): Promise<'as-it-was' | 'changed' | 'dry-run'> {
  const environment = state.environment.name
  const switched = { name: flag.name, variable: flag.variable, value: flag.riskyValue, services: flag.services }
  const { change, hidden } = flagChange(switched, state)
  const patch = flagPatch([change], state)
  if (hidden.length > 0) throw cannotBeSeen(flag, hidden, environment)
  if (patch === undefined && !isBegun(flag, state)) return 'as-it-was'
  if (patch !== undefined) {
    const what = wouldChange(flag, touchedServices(patch, state), environment)
    const environments = [{ name: environment, isProtected: desired.environment.protected }]
    const by = await needs.approve({ what, environments, plans: [] })
    if (by === 'dry-run') return 'dry-run'
    await needs.report({ type: 'approval-given', by, what })
  }
  const lease = {
    target: { projectId: state.project.id, environmentId: state.environment.id },
    operation: {
      ...operationOf(author),
      project: state.project.name,
      environment,
      flags: [`${flag.name}=${flag.riskyValue}`],
    },
    flags: [change],
    takesOver: takesLease,
  }
  for (;;) {
    const worked = await underLease(lease, needs, async (taken) => {
      const ours = { ...needs, clock: taken.clock, report: taken.report, confirm: taken.confirm }
      const now = flagChange(switched, taken.state).change
      const wanted = flagPatch([now], taken.state)
      needs.checkpoint()
      const stored = { changes: [now], state: taken.state, author, id: taken.id, way: 'there' as const }
      const started =
        wanted === undefined
          ? await followed(flag, taken.state, ours)
          : (await storeFlags({ ...stored, patch: wanted }, ours)).started
      const [first, ...others] = (await watchFlags(started, ours)).filter(isBad)
      if (first !== undefined) {
        await tellLogs([first, ...others], ours)
        throw withWayOut(levelFailed(environment, [first, ...others], [], taken.state), flag, environment)
      }
      for (const { service } of started) {
        const asked = desired.services.find(({ name }) => name === service)
        // What it answers is for the items of the checklist to judge.
        if (asked !== undefined) await checkServing(asked, undefined, taken.state, ours)
      }
      return { result: undefined, verdict: 'pass' as const }
    })
    if (worked.outcome === 'done') return 'changed'
    await awaitLease(lease, worked.by, needs)
  }
}

/** Somebody has stored it so, and what came of that is not over: an earlier run that was ended. */
function isBegun({ variable, services }: RolloutFlag, state: ObservedState): boolean {
  const isNoted = rolloutIn(state)?.flags.some((one) => one.variable === variable) ?? false
  return isNoted || onTheirWay(services, state).length > 0
}

function onTheirWay(services: readonly string[], state: ObservedState) {
  return state.services.flatMap(({ name, latest }) =>
    services.includes(name) && latest !== undefined && isOnItsWay(latest) ? [{ service: name, latest }] : [],
  )
}

/** What an earlier run started is waited for, in the place of something new. */
async function followed(
  { services }: RolloutFlag,
  state: ObservedState,
  { report, clock, timing }: Pick<TryNeeds, 'report' | 'clock' | 'timing'>,
): Promise<AwaitedDeployment[]> {
  const awaited = onTheirWay(services, state).map(({ service, latest }) => ({
    service,
    deploymentId: latest.id,
    ...(latest.commit === undefined ? {} : { commit: latest.commit }),
    startedAt: clock.now(),
    healthMs: healthMs(service, state, timing),
  }))
  for (const { service, deploymentId, commit } of awaited) {
    await report({
      type: 'deployment-followed',
      environment: state.environment.name,
      service,
      deploymentId,
      ...(commit === undefined ? {} : { commit }),
    })
  }
  return awaited
}

/** Refuses where what is stored is not what runs: whatever was tried then, it was not the flag's value. */
export async function refuseStale(
  { name, variable, riskyValue, services }: RolloutFlag,
  state: ObservedState,
  { platform }: { platform: Platform },
): Promise<void> {
  const live = state.services.flatMap((service) => {
    const deployment = services.includes(service.name) ? liveDeployment(service) : undefined
    return deployment === undefined ? [] : [{ service: service.name, id: deployment.id }]
  })
  const environment = state.environment.name
  const absent = services.filter((service) => !live.some((one) => one.service === service))
  if (absent.length > 0 || live.length === 0) throw nothingRuns(name, absent, environment)
  const snapshots = await platform.readSnapshots(live.map(({ id }) => id))
  const stale = live.filter(({ id }) => own(snapshots.get(id) ?? {}, variable)?.reveal() !== riskyValue)
  if (stale.length === 0) return
  throw new OperatorError({
    kind: 'failed',
    code: 'flag-not-effective',
    message: `${name} is stored as ${riskyValue} in ${environment}, but ${listed(stale.map(({ service }) => service))} ${stale.length === 1 ? 'runs' : 'run'} with another value, so it cannot be validated.`,
    hint: `Run \`fakturino flags off ${shellWord(name)} -e ${shellWord(environment)}\`, then \`fakturino flags validate ${shellWord(name)} -e ${shellWord(environment)}\` again: it deploys what reads the flag.`,
  })
}

function wouldChange(
  { name, riskyValue }: RolloutFlag,
  touched: readonly Pick<ObservedState['services'][number], 'name' | 'volumes'>[],
  environment: string,
): string {
  const names = touched.map((service) => service.name)
  const down = touched.filter(({ volumes }) => volumes.length > 0).map((service) => service.name)
  const downtime = down.length === 0 ? '' : `, ${listed(down)} with a downtime`
  const again = `${listed(names)} ${names.length === 1 ? 'is' : 'are'} deployed again${downtime}`
  return `set ${name} to ${riskyValue} in ${environment}, to validate it there: ${again}`
}

function cannotBeSeen({ name, variable }: RolloutFlag, hidden: readonly string[], environment: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'flag-hidden',
    message: `What is stored for ${name} in ${listed(hidden)} of ${environment} is neither true nor false, or is not shown, so it could not be put back. Nothing was changed.`,
    hint: `Set ${variable} of ${listed(hidden)} to true or false in the dashboard, then run the command again.`,
  })
}

function nothingRuns(flag: string, services: readonly string[], environment: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'nothing-active',
    message:
      services.length === 0
        ? `No service of ${environment} reads ${flag}, so there is nothing to validate.`
        : `Nothing of ${listed(services)} runs in ${environment}, and ${services.length === 1 ? 'it reads' : 'they read'} ${flag}, so there is nothing to validate.`,
    hint: `Run: fakturino deploy -e ${shellWord(environment)}`,
  })
}

/** The same failure, and how the flag gets off again there. */
function withWayOut(failure: OperatorError, { name: flag, isSafety }: RolloutFlag, environment: string): OperatorError {
  const { kind, code, message, retryable, findings } = failure
  const name = shellWord(flag)
  const place = shellWord(environment)
  const back = isSafety ? `fakturino flags set ${name}=true -e ${place}` : `fakturino flags off ${name} -e ${place}`
  return new OperatorError({
    kind,
    code,
    message: `${message} The value of ${flag} is stored, for every service that reads it.`,
    hint: `To see what runs: \`fakturino status -e ${place}\`. To put the flag back: \`${back}\``,
    retryable,
    findings,
  })
}
