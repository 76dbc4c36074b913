import { createHash } from 'node:crypto'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { ObservedDeployment, ObservedState } from '../platform/observed-state.ts'

/** What each of these services runs: its commit, its image, or the digest of uploaded code. One that does not run is left out. */
export function runRevisions(
  { services }: Pick<ObservedState, 'services'>,
  names: readonly string[],
): Record<string, string> {
  return ofEach(services, names, ({ commit, image }) => commit ?? image)
}

/** A digest of what each of them was built and started with, where the platform says that. */
export function runSettings(
  { services }: Pick<ObservedState, 'services'>,
  names: readonly string[],
): Record<string, string> {
  return ofEach(services, names, ({ settings }) => {
    if (settings === undefined) return undefined
    // A branch may well have another name in each environment; which commit of it runs is the revision.
    const { branch: _branch, ...rest } = settings
    const entries = Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1))
    return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16)
  })
}

function ofEach(
  services: ObservedState['services'],
  names: readonly string[],
  of: (deployment: ObservedDeployment) => string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    services.flatMap((service) => {
      const live = liveDeployment(service)
      const told = live === undefined || !names.includes(service.name) ? undefined : of(live)
      return told === undefined ? [] : [[service.name, told]]
    }),
  )
}
