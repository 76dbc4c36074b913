import { createHash, createHmac } from 'node:crypto'
import type { Secret } from '../kit/secret.ts'
import type { ObservedState, ObservedVariable } from '../platform/observed-state.ts'
import { ownVariablePrefix } from './compare-variables.ts'

/**
 * One text for one state of an environment: two states with the same fingerprint need the same changes. Values of variables
 * enter as an HMAC under `salt`, so that a saved plan tells nothing about them; the tool's own variables do not enter at all.
 */
export function fingerprint(state: ObservedState | undefined, salt: string): string {
  const normal = state === undefined ? 'nothing' : normalised(state, salt)
  return `${salt}:${createHash('sha256').update(JSON.stringify(normal)).digest('hex')}`
}

/** Was the state the same when this fingerprint was taken? */
export function isSameState(taken: string, state: ObservedState | undefined): boolean {
  return fingerprint(state, saltOf(taken)) === taken
}

/** The salt under which a fingerprint was taken. */
export function saltOf(taken: string): string {
  return taken.split(':')[0] ?? ''
}

function normalised(state: ObservedState, salt: string): unknown {
  return {
    project: state.project.id,
    environment: state.environment.id,
    services: inOrder(state.services, (service) => service.id).map((service) => ({
      id: service.id,
      name: service.name,
      settings: inOrder(Object.entries(service.settings), ([name]) => name),
      variables: variables(service.variables, salt),
      volumes: inOrder(service.volumes, (volume) => volume.id),
      domains: inOrder(service.domains, (domain) => domain.domain),
      active: service.active.map((deployment) => deployment.id),
    })),
    shared: variables(state.sharedVariables, salt),
    newestPatch: state.patches?.find((patch) => !isOwnBookkeeping(patch.config))?.id ?? null,
  }
}

/** A patch that touches nothing but the tool's own variables moves nothing. */
function isOwnBookkeeping(config: ObservedPatchConfig): boolean {
  const { sharedVariables, ...rest } = config.reveal()
  const names = Object.keys(sharedVariables ?? {})
  return Object.keys(rest).length === 0 && names.length > 0 && names.every((name) => name.startsWith(ownVariablePrefix))
}

type ObservedPatchConfig = NonNullable<ObservedState['patches']>[number]['config']

function variables(all: Record<string, ObservedVariable>, salt: string): [string, string][] {
  const digests = Object.entries(all)
    .filter(([name]) => !name.startsWith(ownVariablePrefix))
    .map(([name, variable]): [string, string] => [name, 'masked' in variable ? 'masked' : digest(variable.value, salt)])
  return inOrder(digests, ([name]) => name)
}

function digest(value: Secret, salt: string): string {
  return createHmac('sha256', salt).update(value.reveal()).digest('hex')
}

/** The platform promises no order of its lists. */
function inOrder<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
