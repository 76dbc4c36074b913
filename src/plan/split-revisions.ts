import type { DesiredState } from '../config/desired.ts'
import type { ObservedService, ObservedState } from '../platform/observed-state.ts'
import { liveDeployment } from './plan-deployments.ts'

/** Services of one codebase that serve different commits. */
export interface SplitRevision {
  codebase: string
  /** What was deployed last comes first. */
  revisions: { commit: string; services: string[] }[]
}

/** Every codebase that is split. Without a config, services from the same branch of the same repository share one. */
export function splitRevisions(
  { services }: Pick<ObservedState, 'services'>,
  desired: Pick<DesiredState, 'services'> | undefined,
): SplitRevision[] {
  const codebases = new Map<string, { commit: string; service: string; createdAt: number }[]>()
  for (const service of services) {
    const codebase = codebaseOf(service, desired)
    const live = liveDeployment(service)
    if (codebase === undefined || live?.commit === undefined) continue
    const { commit, createdAt } = live
    codebases.set(codebase, [...(codebases.get(codebase) ?? []), { commit, service: service.name, createdAt }])
  }
  return [...codebases].flatMap(([codebase, serving]) => {
    const commits = [...new Set([...serving].sort((a, b) => b.createdAt - a.createdAt).map(({ commit }) => commit))]
    if (commits.length < 2) return []
    const servicesOf = (commit: string) => serving.filter((one) => one.commit === commit).map(({ service }) => service)
    return [{ codebase, revisions: commits.map((commit) => ({ commit, services: servicesOf(commit) })) }]
  })
}

/** Where the code of a service comes from; undefined for an image. */
export function codebaseOf(
  { name, settings }: ObservedService,
  desired: Pick<DesiredState, 'services'> | undefined,
): string | undefined {
  const known = desired?.services.find((service) => service.name === name)
  if (known !== undefined) return known.codebase
  return settings.repo === undefined ? undefined : `${settings.repo}#${settings.branch ?? ''}`
}
