import { healthTimeoutMs } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import type { InversePatch } from '../plan/inverse-patch.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import type { Verdict } from '../verify/verdict.ts'
import { autoDeployPlace, decidePutBack, type PutBackRequest, type SwitchBack } from './decide-put-back.ts'
import type { LevelNeeds } from './deploy-levels.ts'
import { provePutBack } from './prove-put-back.ts'
import { type RollbackEnding, rollBackDeployments } from './roll-back-deployments.ts'
import type { ServingService } from './serving-now.ts'
import { storeBack, switchBack } from './store-back.ts'
import type { WayBack } from './ways-back.ts'

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
  const { ways, inverse, autoDeploy } = await decidePutBack(request, now, needs)
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
  const proof = await provePutBack(request, ways, endings, needs)
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

/** All at once, but databases before the code that needs them. */
async function rollBack(
  { desired, before }: PutBackRequest,
  back: readonly RollBack[],
  needs: LevelNeeds,
): Promise<RollbackEnding[]> {
  const environment = before.environment.name
  const target = { projectId: before.project.id, environmentId: before.environment.id }
  const isApp = ({ service }: RollBack) => desired.services.find(({ name }) => name === service)?.kind === 'app'
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
