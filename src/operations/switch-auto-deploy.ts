import type { Plan } from '../plan/plan.ts'
import type { ServiceId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import type { Report } from './events.ts'

export interface AutoDeploySwitch {
  name: string
  serviceId: ServiceId
  enabled: boolean
}

/** Switches deploys on push, of all services in one request. */
export async function switchAutoDeploy(
  services: readonly AutoDeploySwitch[],
  { project, environment }: ObservedState,
  { platform, report }: { platform: Platform; report: Report },
): Promise<void> {
  await platform.change('set-auto-deploy', {
    projectId: project.id,
    environmentId: environment.id,
    services: services.map(({ serviceId, enabled }) => ({ serviceId, enabled })),
  })
  for (const enabled of [true, false]) {
    const names = services.filter((service) => service.enabled === enabled).map(({ name }) => name)
    if (names.length === 0) continue
    await report({ type: 'auto-deploy-set', environment: environment.name, services: names, enabled })
  }
}

/** The services whose deploys on push a plan switches, or may switch by what it stores. */
export function autoDeployTouched({ changes }: Pick<Plan, 'changes'>): Set<string> {
  const touching = changes.filter(
    ({ act }) =>
      act.kind === 'set-auto-deploy' || (act.kind === 'set' && (act.setting === 'repo' || act.setting === 'branch')),
  )
  return new Set(touching.flatMap(({ service }) => service ?? []))
}
