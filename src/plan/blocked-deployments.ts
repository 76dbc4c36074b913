import type { DesiredState } from '../config/desired.ts'
import { referencesIn } from '../config/expressions.ts'
import type { Plan, PlannedDeployment } from './plan.ts'

/** A deployment that cannot start yet: it lacks secrets itself, or waits for a service that does. */
export interface BlockedDeployment {
  deployment: PlannedDeployment
  /** The services with missing secrets that it waits for; empty when it lacks its own. */
  waitsFor: string[]
}

/**
 * Which deployments missing secrets hold back. What shares a codebase with a service of an earlier level, or reads a value of it,
 * waits with it: a migration goes before the workers of the same commit, and no commit is split.
 */
export function blockedDeployments(plan: Plan, desired: DesiredState): BlockedDeployment[] {
  const blocked = new Map<string, BlockedDeployment>()
  const inOrder = [...plan.deployments].sort((a, b) => a.level - b.level)
  for (const deployment of inOrder) {
    if (deployment.missingSecrets.length > 0) blocked.set(deployment.service, { deployment, waitsFor: [] })
    else {
      const ahead = [...blocked.values()].filter((other) => needs(desired, deployment, other.deployment))
      if (ahead.length === 0) continue
      const waitsFor = ahead.flatMap((other) => (other.waitsFor.length > 0 ? other.waitsFor : other.deployment.service))
      blocked.set(deployment.service, { deployment, waitsFor: [...new Set(waitsFor)] })
    }
  }
  return [...blocked.values()]
}

function needs(desired: DesiredState, deployment: PlannedDeployment, other: PlannedDeployment): boolean {
  if (other.level >= deployment.level) return false
  if (deployment.codebase !== undefined && deployment.codebase === other.codebase) return true
  const variables = desired.services.find((service) => service.name === deployment.service)?.variables ?? {}
  return Object.values(variables).some(
    (variable) =>
      variable.kind === 'text' &&
      referencesIn(variable.value).some(
        // An address is there before the service runs.
        (reference) => reference.service === other.service && !reference.variable.startsWith('RAILWAY_'),
      ),
  )
}
