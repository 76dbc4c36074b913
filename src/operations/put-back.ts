import type { DesiredService, DesiredState } from '../config/desired.ts'
import { healthTimeoutMs } from '../config/timing.ts'
import type { EnvironmentConfig } from '../contract/environment-config.ts'
import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import type { Secret } from '../kit/secret.ts'
import { type InversePatch, inversePatch } from '../plan/inverse-patch.ts'
import { type Plan, subjectOf } from '../plan/plan.ts'
import type { ObservedRunning, ObservedState } from '../platform/observed-state.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import type { CheckResult } from '../verify/check.ts'
import { checkDeployed } from '../verify/checks/deployed.ts'
import { type Verdict, verdict } from '../verify/verdict.ts'
import { autoDeployTouched } from './apply-plan.ts'
import type { LevelNeeds, StartedService } from './deploy-levels.ts'
import type { Author } from './patch-message.ts'
import { type RollbackEnding, rollBackDeployments } from './roll-back-deployments.ts'
import { type ServingService, servingNow } from './serving-now.ts'
import { storeChanges } from './store-changes.ts'
import { checkAnswers } from './verify-release.ts'
import { watchSettling } from './watch-settling.ts'
import { type WayBack, waysBack } from './ways-back.ts'

/** What a run changed, and how it was before. */
export interface PutBackRequest {
  desired: DesiredState
  /** As it was before this run changed anything. */
  before: ObservedState
  running: ObservedRunning | undefined
  /** What was carried out. */
  plan: Plan
  /** What was stored for it. Absent: nothing. */
  stored?: Secret<EnvironmentConfig>
  started: readonly StartedService[]
  author: Author
  /** Why, in few words. */
  because: string
}

/** How putting back ended. */
export interface PutBack {
  /** What serves is what served before, and what is stored is what was stored: by one last reading. */
  verdict: Verdict
  /** Services that went back. */
  services: { service: string; commit?: string; isBuilt: boolean }[]
  /** Services that had not stopped serving what they served before. */
  stillServing: string[]
  nothingBefore: string[]
  /** Services that somebody else deployed since. */
  notOurs: string[]
  /** Places that were put back. */
  places: string[]
  changedByOthers: string[]
  hidden: string[]
  stays: string[]
  /** What went wrong, or could not be judged, in sentences. */
  problems: string[]
  serving: ServingService[]
  /** What there is after it, by that reading; with recent deployments. */
  now: ObservedState
}

type RollBack = Extract<WayBack, { way: 'roll-back' }>
type StillServes = Extract<WayBack, { way: 'still-serves' }>

/** What is to be done, decided from one reading. */
interface Decision {
  ways: WayBack[]
  inverse: InversePatch
  autoDeploy: SwitchBack
}

interface SwitchBack {
  services: { name: string; serviceId: ObservedState['services'][number]['id']; enabled: boolean }[]
  changedByOthers: string[]
}

/**
 * Puts back what a run changed, as far as it still is what the run made of it: first what is stored, then what runs, from the images
 * of before where they are kept; then proves it by reading and asking. Undefined when there is nothing to put back. What goes wrong
 * on the way holds up nothing else: each part that is back is better than none.
 */
export async function putBack(request: PutBackRequest, needs: LevelNeeds): Promise<PutBack | undefined> {
  const { before, because } = request
  const environment = before.environment.name
  const target = { projectId: before.project.id, environmentId: before.environment.id }
  needs.checkpoint()
  const now = await needs.platform.observe(target)
  needs.check(now)
  const decision = await decide(request, now, needs)
  const { ways, inverse, autoDeploy } = decision
  const back = ways.filter((way): way is RollBack => way.way === 'roll-back')
  const places = [...inverse.places, ...autoDeploy.services.map(({ name }) => autoDeployPlace(name))]
  if (back.length === 0 && places.length === 0) return undefined
  const services = back.map(({ service }) => service)
  await needs.report({ type: 'rollback-started', environment, services, changes: places.length, because })
  await tellLeft(environment, inverse, autoDeploy, needs)

  const problems = [
    ...(await attempt('What is stored could not be put back', () => storeBack(request, now, inverse, needs), needs)),
    ...(await attempt('Deploys on push could not be switched back', () => switchBack(now, autoDeploy, needs), needs)),
  ]
  const endings = await rollBack(request, back, needs)
  problems.push(...endings.flatMap(toldEnding))
  const proof = await prove(request, ways, endings, needs)
  return {
    verdict: problems.length > 0 ? 'fail' : proof.verdict,
    services: endings.map(({ service, to, isBuilt }) => ({
      service,
      ...(to.commit === undefined ? {} : { commit: to.commit }),
      isBuilt,
    })),
    ...named(ways),
    places,
    changedByOthers: [...inverse.changedByOthers, ...autoDeploy.changedByOthers],
    hidden: inverse.hidden,
    stays: inverse.stays,
    problems: [...problems, ...proof.problems],
    serving: proof.serving,
    now: proof.now,
  }
}

function named(ways: readonly WayBack[]): Pick<PutBack, 'stillServing' | 'nothingBefore' | 'notOurs'> {
  const those = (wanted: WayBack['way']) => ways.flatMap(({ way, service }) => (way === wanted ? [service] : []))
  return {
    stillServing: those('still-serves'),
    nothingBefore: those('nothing-before'),
    notOurs: those('not-ours'),
  }
}

async function decide(request: PutBackRequest, now: ObservedState, needs: LevelNeeds): Promise<Decision> {
  const { started, before } = request
  return {
    ways: waysBack(started, before, now),
    inverse: inverseOf(request, now),
    autoDeploy: await switchesBack(request, now, needs),
  }
}

function inverseOf({ plan, stored, before }: PutBackRequest, now: ObservedState): InversePatch {
  return inversePatch({ changes: plan.changes, patch: stored?.reveal() ?? {}, before, now })
}

/** Deploys on push are no part of a patch; storing another repository or branch switches them on all the same. */
async function switchesBack(
  { plan, running, desired, before }: PutBackRequest,
  now: ObservedState,
  needs: LevelNeeds,
): Promise<SwitchBack> {
  const touched = autoDeployTouched(plan)
  const known = before.services.flatMap(({ id, name }) => {
    const enabled = running?.autoDeploy.get(id)
    return enabled === undefined || !touched.has(name) ? [] : [{ name, serviceId: id, enabled }]
  })
  if (known.length === 0) return { services: [], changedByOthers: [] }
  const { autoDeploy } = (await needs.platform.observeRunning(now)).running
  const isOurs = ({ name, serviceId }: (typeof known)[number]) =>
    autoDeploy.get(serviceId) === desired.services.find((service) => service.name === name)?.autoDeploy
  return {
    services: known.filter(isOurs).filter(({ serviceId, name, enabled }) => {
      const isSwitched = autoDeploy.get(serviceId) !== enabled
      return isSwitched || plan.changes.some(({ act, service }) => act.kind === 'set' && service === name)
    }),
    changedByOthers: known.filter((one) => !isOurs(one)).map(({ name }) => autoDeployPlace(name)),
  }
}

function autoDeployPlace(service: string): string {
  return subjectOf({ service, setting: 'auto-deploy' })
}

async function tellLeft(
  environment: string,
  { changedByOthers, hidden, stays }: InversePatch,
  autoDeploy: SwitchBack,
  { report }: LevelNeeds,
): Promise<void> {
  const left: [places: string[], because: string][] = [
    [[...changedByOthers, ...autoDeploy.changedByOthers], 'somebody else changed it since'],
    [hidden, 'the platform does not show what was there before'],
    [stays, 'what was created stays, as does what was stored for what had never run, and a volume never shrinks'],
  ]
  for (const [places, because] of left) {
    if (places.length > 0) await report({ type: 'changes-left', environment, places, because })
  }
}

/** What went wrong in one part, as a sentence; nothing when it went well. */
async function attempt(what: string, act: () => Promise<void>, { signal }: LevelNeeds): Promise<string[]> {
  try {
    await act()
    return []
  } catch (error) {
    if (!(error instanceof OperatorError) || signal.aborted || error.code === 'lease-lost') throw error
    return [`${what}: ${error.message}`]
  }
}

/** Stores the inverse. Where an answer is lost, what is still to be put back is read again and only that is stored once more. */
async function storeBack(
  request: PutBackRequest,
  now: ObservedState,
  first: InversePatch,
  needs: LevelNeeds,
): Promise<void> {
  const { author, because } = request
  const environment = now.environment.name
  let state = now
  let inverse = first
  for (let isLast = false; inverse.patch !== undefined; isLast = true) {
    needs.checkpoint()
    try {
      const reason = `puts back its changes, because ${because}`
      const patchId = await storeChanges(
        {
          state,
          patch: inverse.patch,
          // Guards that the release passed say nothing about the way back.
          author: {
            command: author.command,
            person: author.person,
            reason: author.reason === undefined ? reason : `${reason} (${author.reason})`,
          },
          allowStaged: false,
        },
        needs,
      )
      if (patchId === 'denied') throw patchesDenied(environment)
      await needs.report({ type: 'changes-put-back', environment, patchId, places: inverse.places })
      return
    } catch (error) {
      if (!(error instanceof OperatorError) || error.code !== 'mutation-unknown' || isLast) throw error
      state = await needs.platform.observe({ projectId: now.project.id, environmentId: now.environment.id })
      inverse = inverseOf(request, state)
    }
  }
}

function patchesDenied(environment: string): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `the token may not use patches in ${environment}, and nothing else puts settings back as one.`,
  })
}

async function switchBack(state: ObservedState, { services }: SwitchBack, needs: LevelNeeds): Promise<void> {
  if (services.length === 0) return
  needs.checkpoint()
  await needs.confirm()
  await needs.platform.change('set-auto-deploy', {
    projectId: state.project.id,
    environmentId: state.environment.id,
    services: services.map(({ serviceId, enabled }) => ({ serviceId, enabled })),
  })
  for (const enabled of [true, false]) {
    const names = services.filter((service) => service.enabled === enabled).map(({ name }) => name)
    if (names.length === 0) continue
    await needs.report({ type: 'auto-deploy-set', environment: state.environment.name, services: names, enabled })
  }
}

/** All at once, but databases before the code that needs them. */
async function rollBack(
  { desired, before }: PutBackRequest,
  back: readonly RollBack[],
  needs: LevelNeeds,
): Promise<RollbackEnding[]> {
  const environment = before.environment.name
  const target = { projectId: before.project.id, environmentId: before.environment.id }
  const isApp = ({ service }: RollBack) => serviceOf(desired, service)?.kind === 'app'
  const endings: RollbackEnding[] = []
  for (const orders of [back.filter((one) => !isApp(one)), back.filter(isApp)]) {
    if (orders.length === 0) continue
    const timed = orders.map((order) => ({
      ...order,
      by: 'image-or-build' as const,
      healthMs: healthMs(order.service, before, needs),
    }))
    endings.push(...(await rollBackDeployments(timed, target, environment, needs)))
  }
  return endings
}

/** As the settings of before say: the old deployment brings them back. */
function healthMs(service: string, before: ObservedState, { timing }: LevelNeeds): number {
  const settings = before.services.find(({ name }) => name === service)?.settings
  return healthTimeoutMs(timing, settings?.healthcheckTimeoutSeconds ?? settingDefaults.healthcheckTimeoutSeconds)
}

function toldEnding({ service, ending, reason }: RollbackEnding): string[] {
  if (reason !== undefined) return [`${service} could not be brought back: ${reason}`]
  if (ending === undefined || ending.outcome === 'live') return []
  const why = ending.reason === undefined ? '' : `: ${ending.reason}`
  return [
    `${service} did not come back: its deployment ${ending.outcome === 'timeout' ? 'is still' : 'is'} ${ending.status}${why}.`,
  ]
}

interface Proof {
  verdict: Verdict
  problems: string[]
  serving: ServingService[]
  now: ObservedState
}

/** Watches that what came back stays, asks it, and reads everything once more. */
async function prove(
  request: PutBackRequest,
  ways: readonly WayBack[],
  endings: readonly RollbackEnding[],
  needs: LevelNeeds,
): Promise<Proof> {
  const { before, desired, started } = request
  const target = { projectId: before.project.id, environmentId: before.environment.id }
  const live = endings.flatMap(({ ending }) => (ending?.outcome === 'live' ? [ending] : []))
  const unstable = await watchSettling(
    live.filter(({ service }) => serviceOf(desired, service)?.codebase !== undefined),
    needs,
  )
  const still = ways.filter((way): way is StillServes => way.way === 'still-serves')
  const expected = [
    ...live.map(({ service, deploymentId }) => {
      const commit = endings.find((one) => one.service === service)?.to.commit
      return { service, deploymentId, ...(commit === undefined ? {} : { commit }) }
    }),
    ...still.map(({ service, to }) => ({ service, deploymentId: to.id })),
  ]
  const answers: CheckResult[] = []
  for (const { service } of expected) {
    const asked = askedAsBefore(serviceOf(desired, service), before)
    const result = asked === undefined ? undefined : await checkAnswers(asked, before, needs)
    if (result !== undefined) answers.push(result)
  }
  let now = before
  let seen: CheckResult[] = []
  const { clock, signal, timing } = needs
  // What has a volume was stopped for the deployment that failed, and takes a moment to run again.
  await poll(
    async () => {
      now = await needs.platform.observe(target, { withRecent: true })
      seen = expected.flatMap((one) => {
        const replicas = before.services.find(({ name }) => name === one.service)?.settings.replicas
        const observed = now.services.find(({ name }) => name === one.service)
        return checkDeployed({ ...one, ...(replicas === undefined ? {} : { replicas }) }, observed)
      })
      return seen.every(({ outcome }) => outcome === 'pass') ? seen : undefined
    },
    { clock, signal, backoff: timing.polling, withinMs: timing.deploy.verifyMs },
  )
  const results = [...seen, ...answers]
  const notStored = inverseOf(request, now).places
  const problems = [
    ...(unstable === undefined ? [] : [`${unstable.service} came back and did not stay live.`]),
    ...(notStored.length === 0 ? [] : [`Not put back: ${notStored.join(', ')}.`]),
    ...results.flatMap(({ outcome, finding }) => (outcome === 'pass' ? [] : (finding?.message ?? []))),
  ]
  const judged = results.length === 0 ? 'pass' : verdict(results)
  const touched = started.map(({ service, deploymentId }) => {
    const putBackAs = live.find((one) => one.service === service)?.deploymentId
    return { service, deploymentId, ...(putBackAs === undefined ? {} : { putBackAs }) }
  })
  return {
    verdict: unstable === undefined && notStored.length === 0 ? judged : 'fail',
    problems,
    serving: servingNow(touched, before, now),
    now,
  }
}

function serviceOf(desired: DesiredState, name: string): DesiredService | undefined {
  return desired.services.find((service) => service.name === name)
}

/** The old code is asked where the old settings had it asked; where they named no path, nobody knows one. */
function askedAsBefore(service: DesiredService | undefined, before: ObservedState): DesiredService | undefined {
  const path = before.services.find(({ name }) => name === service?.name)?.settings.healthcheckPath
  if (service?.liveness === undefined || path === undefined) return undefined
  return { ...service, liveness: { ...service.liveness, path } }
}
