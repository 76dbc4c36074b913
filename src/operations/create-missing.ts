import type { Change, Plan } from '../plan/plan.ts'
import type { ServiceId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform, Target } from '../platform/platform.ts'
import type { Report } from './events.ts'

export interface CreateNeeds {
  platform: Platform
  report: Report
  /** Throws when the operator asked to stop: called before each act, so that none starts after that. */
  checkpoint: () => void
}

/** Names of the services that plans want and the project does not have; each once, whatever number of plans ask for it. */
export function missingServices(plans: readonly Plan[]): string[] {
  const wanted = plans.flatMap((plan) => plan.changes.filter((change) => change.act.kind === 'create-service'))
  return [...new Set(wanted.flatMap((change) => change.service ?? []))]
}

/** Creates services, empty: an instance in every environment that is no fork, and nothing deploys. Says whether it made any. */
export async function createServices(target: Target, names: readonly string[], needs: CreateNeeds): Promise<boolean> {
  for (const name of names) {
    needs.checkpoint()
    await needs.platform.change('create-service', { ...target, name })
    await needs.report({ type: 'service-created', service: name })
  }
  return names.length > 0
}

/** Creates the volumes and domains that one environment lacks. Nothing may deploy before its volume exists. */
export async function createAttachments(state: ObservedState, plan: Plan, needs: CreateNeeds): Promise<void> {
  const target = { projectId: state.project.id, environmentId: state.environment.id }
  for (const change of plan.changes) await createAttachment(target, state, change, needs)
}

async function createAttachment(
  target: Target,
  state: ObservedState,
  change: Change,
  needs: CreateNeeds,
): Promise<void> {
  const { act, service: name } = change
  if (name === undefined || (act.kind !== 'create-volume' && act.kind !== 'create-domain')) return
  const serviceId = serviceIdOf(state, name)
  const environment = state.environment.name
  needs.checkpoint()
  if (act.kind === 'create-volume') {
    await needs.platform.change('create-volume', { ...target, serviceId, mountPath: act.mountPath })
    await needs.report({ type: 'volume-created', environment, service: name, mountPath: act.mountPath })
  } else {
    const { domain } = await needs.platform.change('create-domain', {
      ...target,
      serviceId,
      targetPort: act.targetPort,
      ...(act.custom === undefined ? {} : { custom: act.custom }),
    })
    await needs.report({ type: 'domain-created', environment, service: name, domain })
  }
}

/** The id of a service of the project, whether it has an instance here or not. */
export function serviceIdOf(state: ObservedState, name: string): ServiceId {
  const found = [...state.services, ...state.servicesElsewhere].find((service) => service.name === name)
  if (found === undefined) throw new Error(`no service ${name} in what was read`)
  return found.id
}

/** Does the plan create anything that has an id of its own? Then the environment must be read again before it is stored. */
export function createsIds(plan: Plan): boolean {
  return plan.changes.some(({ act }) =>
    [
      'create-project',
      'create-environment',
      'create-service',
      'create-instance',
      'create-volume',
      'create-domain',
    ].includes(act.kind),
  )
}
