import { Secret } from '../kit/secret.ts'
import type { ServiceId, TriggerId } from '../platform/ids.ts'
import type { ObservedService } from '../platform/observed-state.ts'
import type { SettingsPatch } from '../platform/platform.ts'
import type { ServiceSettings } from '../platform/service-settings.ts'
import { type Change, type Plan, subjectOf } from './plan.ts'
import type { StoreIds } from './store-patch.ts'

/** What is written where no patch may be used, by kind; each kind is one request. */
export interface DirectStore {
  variables: { serviceId: ServiceId; variables: Secret<Record<string, string>> }[]
  settings: { serviceId: ServiceId; settings: SettingsPatch; before: ServiceSettings }[]
  /** A repository's branch is no setting of an instance: a trigger says which one it is. */
  branches: { serviceId: ServiceId; repository: string; branch: string; triggerId?: TriggerId }[]
}

export interface DirectIds extends Pick<StoreIds, 'service' | 'settings' | 'secret'> {
  /** By which pushes reach a service now. */
  trigger(service: string): ObservedService['trigger']
}

/** Can it be stored past any patch? */
export function isDirectlyStored({ act }: Change): boolean {
  return act.kind === 'set' || act.kind === 'set-variable' || act.kind === 'set-secret'
}

/**
 * Does it stay as it is where no patch may be used? A volume's size, its place and a domain's port are stored by patches only. A
 * variable is not removed either: the platform's own way of doing that deploys the service at once, outside of every level.
 */
export function isOnlyByPatch({ act }: Change): boolean {
  return ['resize-volume', 'mount-volume', 'set-domain-port', 'remove-variable'].includes(act.kind)
}

/** Everything of a plan that can be stored past any patch. */
export function directStore(changes: readonly Change[], ids: DirectIds): DirectStore {
  const variables = new Map<string, Record<string, string>>()
  const settings = new Map<string, SettingsPatch>()
  for (const change of changes) {
    const { act, service = '' } = change
    if (act.kind === 'set') settings.set(service, { ...settings.get(service), [act.setting]: act.value })
    if (act.kind !== 'set-variable' && act.kind !== 'set-secret') continue
    const value = act.kind === 'set-variable' ? act.value : ids.secret(change).reveal()
    variables.set(service, { ...variables.get(service), [act.variable]: value })
  }
  return {
    variables: [...variables].map(([service, values]) => ({
      serviceId: ids.service(service),
      variables: new Secret(values),
    })),
    settings: [...settings]
      .filter(([, patch]) => Object.keys(patch).some((setting) => setting !== 'branch'))
      .map(([service, patch]) => ({
        serviceId: ids.service(service),
        settings: patch,
        before: ids.settings(service),
      })),
    branches: [...settings].flatMap(([service, patch]) => followed(service, patch, ids)),
  }
}

/** Only where the repository or its branch is another one than before. */
function followed(service: string, patch: SettingsPatch, ids: DirectIds): DirectStore['branches'] {
  if (patch.repo === undefined && patch.branch === undefined) return []
  const before = ids.settings(service)
  const repository = patch.repo === undefined ? before.repo : patch.repo
  const branch = patch.branch === undefined ? before.branch : patch.branch
  if (!repository || !branch) return []
  const triggerId = ids.trigger(service)?.id
  return [{ serviceId: ids.service(service), repository, branch, ...(triggerId === undefined ? {} : { triggerId }) }]
}

/** A plan without the deployments that only what is not stored asked for: they would start what runs already. */
export function withoutUnstored(plan: Plan, unstored: readonly Change[]): Plan {
  const gone = new Set(unstored.map(subjectOf))
  const stored = plan.changes.filter((change) => !gone.has(subjectOf(change)) && change.effect !== 'none')
  const isReason = (service: string) => ({
    'settings-change': stored.some((change) => change.service === service && change.setting !== 'variable'),
    'variables-change': stored.some((change) => change.service === service && change.setting === 'variable'),
    'reference-change': stored.length > 0,
  })
  const deployments = plan.deployments.flatMap((deployment) => {
    const still: Record<string, boolean> = isReason(deployment.service)
    const reasons = deployment.reasons.filter((reason) => still[reason] ?? true)
    return reasons.length === 0 ? [] : [{ ...deployment, reasons }]
  })
  return unstored.length === 0 ? plan : { ...plan, deployments }
}
