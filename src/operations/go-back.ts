import { healthTimeoutMs } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { codeOption } from '../kit/uploaded-revision.ts'
import { settingDefaults } from '../platform/service-settings.ts'
import { type AgreeNeeds, builtInstead, canAllBeBuilt } from './agree-to-build.ts'
import type { Lease } from './lease.ts'
import { type RollbackNeeds, type RollbackOrder, rollBackDeployments } from './roll-back-deployments.ts'
import type { RollbackStep } from './rollback-steps.ts'
import { type RollbackTarget, rebuildCommand } from './rollback-target.ts'
import type { Fate } from './rolled-back.ts'
import { watchDeployments } from './watch-deployments.ts'

export type GoBackNeeds = Omit<RollbackNeeds, 'confirm'> & AgreeNeeds

/** Starts what has to be started and follows all of it to its end. */
export async function goBack(
  steps: readonly RollbackStep[],
  target: RollbackTarget,
  { confirm, state }: Lease,
  needs: GoBackNeeds,
): Promise<Fate[]> {
  const { report, timing, clock } = needs
  const { commit } = target.release
  const environment = state.environment.name
  const place = { projectId: state.project.id, environmentId: state.environment.id }
  const startedAt = clock.now()
  const orders = steps.flatMap((step): RollbackOrder[] => {
    const { way, observed } = step
    if (way.kind !== 'image' && way.kind !== 'build' && way.kind !== 'rebuild') return []
    const isReplaced = way.kind === 'image' && way.isReplaced
    const by = way.kind === 'image' && target.mayBuild && way.to.canRedeploy ? 'image-or-rebuild' : way.kind
    return [
      { service: observed.name, serviceId: observed.id, to: way.to, isReplaced, by, healthMs: healthMs(step, needs) },
    ]
  })
  const followed = steps.flatMap((step) =>
    step.way.kind === 'follows' ? [{ step, service: step.observed.name, deploymentId: step.way.to.id }] : [],
  )
  for (const { service, deploymentId } of followed) {
    await report({ type: 'deployment-followed', environment, service, deploymentId, commit })
  }
  const start = (wanted: readonly RollbackOrder[]) =>
    rollBackDeployments(wanted, place, environment, { ...needs, confirm, clock, timing })
  const endings = await start(orders)
    .catch(async (error: unknown) => {
      if (!isDenied(error)) throw error
      return start(await builtInstead(orders, { target, environment, denied: error }, needs))
    })
    .catch((error: unknown) => {
      throw isDenied(error) ? deniedHere(error, target, environment, orders) : error
    })
  const awaited = followed.map((one) => ({ ...one, startedAt, healthMs: healthMs(one.step, needs) }))
  const looked = awaited.length === 0 ? [] : await watchDeployments(awaited, needs)
  return steps.map((step): Fate => {
    const { way, observed } = step
    if (way.kind === 'stays') return { step, deploymentId: way.to.id, isBuilt: false }
    const rolled = endings.find(({ service }) => service === observed.name)
    const ending = rolled?.ending ?? looked.find(({ service }) => service === observed.name)
    return {
      step,
      isBuilt: rolled?.isBuilt ?? false,
      ...(rolled?.isDenied === true ? { isDenied: true } : {}),
      ...(ending === undefined ? {} : { ending, deploymentId: ending.deploymentId }),
      ...(rolled?.reason === undefined ? {} : { reason: rolled.reason }),
    }
  })
}

/** As the old settings say: the old deployment brings them back. */
function healthMs({ observed, way }: RollbackStep, { timing }: GoBackNeeds): number {
  const settings = ('to' in way ? way.to.settings : undefined) ?? observed.settings
  return healthTimeoutMs(timing, settings.healthcheckTimeoutSeconds ?? settingDefaults.healthcheckTimeoutSeconds)
}

function deniedHere(
  { message }: OperatorError,
  target: RollbackTarget,
  environment: string,
  orders: readonly RollbackOrder[],
): OperatorError {
  const { commit } = target.release
  const isOffered = !target.mayBuild && canAllBeBuilt(orders)
  const again = isOffered
    ? ` To build again what ran then, with its settings and variables, run \`${rebuildCommand(target, environment)}\`. Whether the token may do that is told only when it is tried, as it was for this.`
    : ''
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `This token may not roll back${target.mayBuild ? ', or not build again what ran then' : ''}: ${message} Nothing was rolled back.`,
    hint: `Use a token that may.${again} To bring that commit back with a build that uses the variables that are stored now, run \`fakturino deploy -e ${shellWord(environment)} ${codeOption(commit)}\`.`,
  })
}

function isDenied(error: unknown): error is OperatorError {
  return error instanceof OperatorError && error.kind === 'denied'
}
