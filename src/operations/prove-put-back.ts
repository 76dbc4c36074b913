import type { DesiredService, DesiredState } from '../config/desired.ts'
import { poll } from '../kit/poll.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { CheckResult } from '../verify/check.ts'
import { checkDeployed } from '../verify/checks/deployed.ts'
import { type Verdict, verdict } from '../verify/verdict.ts'
import { inverseOf, type PutBackRequest } from './decide-put-back.ts'
import type { LevelNeeds } from './deploy-levels.ts'
import type { RollbackEnding } from './roll-back-deployments.ts'
import { type ServingService, servingNow } from './serving-now.ts'
import { checkAnswers } from './verify-release.ts'
import { watchSettling } from './watch-settling.ts'
import type { WayBack } from './ways-back.ts'

type StillServes = Extract<WayBack, { way: 'still-serves' }>

interface Proof {
  verdict: Verdict
  problems: string[]
  serving: ServingService[]
  now: ObservedState
}

/** Watches that what came back stays, asks it, and reads everything once more. */
export async function provePutBack(
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
