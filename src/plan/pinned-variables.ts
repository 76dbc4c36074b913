import type { DesiredState } from '../config/desired.ts'
import { holdsReference } from '../config/expressions.ts'
import { own } from '../config/own.ts'
import type { EnvironmentConfig } from '../contract/environment-config.ts'
import type { Secret } from '../kit/secret.ts'
import type { ObservedPatch, ObservedService } from '../platform/observed-state.ts'
import { ofPlatform } from './changed-variables.ts'
import { ownVariablePrefix } from './compare-variables.ts'
import { valueAt } from './config-path.ts'

type Snapshot = Readonly<Record<string, Secret>>

/** Why a variable that runs otherwise than it is stored is not stored as it runs. */
export type LeftBecause =
  /** It is, or was, a reference: what it comes to would be frozen. */
  | 'reference'
  /** The platform does not show what is stored. */
  | 'masked'
  /** Nothing of it is stored, and nothing tells whether the platform gives it by itself. */
  | 'not-stored'
  /** What runs does not have it; removing a value could not be undone. */
  | 'added-since'

/** What one service runs with and what is stored, brought together. */
export interface PinnedVariables {
  service: ObservedService
  /** What is to be stored. Values may be secrets. */
  values: Record<string, Secret>
  left: { variable: string; because: LeftBecause }[]
}

/** What tells that a variable was meant as a reference. */
export interface KnownWriting {
  /** What ran before, where that was another deployment and may be read. */
  before: Snapshot | undefined
  desired: Pick<DesiredState, 'services'> | undefined
  /** As far back as the platform tells. */
  patches: readonly ObservedPatch[]
}

/**
 * The variables to store as they run. A snapshot is rendered, so that a value that may come from a reference is left alone: where the
 * store, the config or any known patch holds a reference at its place.
 */
export function pinnedVariables(runs: Snapshot, service: ObservedService, known: KnownWriting): PinnedVariables {
  const names = [...new Set([...Object.keys(runs), ...Object.keys(service.variables)])]
    .filter((name) => !ofPlatform.test(name) && !name.startsWith(ownVariablePrefix))
    .sort((a, b) => a.localeCompare(b))
  const values: PinnedVariables['values'] = {}
  const left: PinnedVariables['left'] = []
  for (const variable of names) {
    const running = own(runs, variable)
    const held = own(service.variables, variable)
    if (held !== undefined && 'masked' in held) {
      // Sealed values may be missing in a snapshot too, which says nothing.
      left.push({ variable, because: 'masked' })
      continue
    }
    const stored = held?.value.reveal()
    if (stored !== undefined && holdsReference(stored)) {
      const isOther = known.before !== undefined && own(known.before, variable)?.reveal() !== running?.reveal()
      if (isOther) left.push({ variable, because: 'reference' })
      continue
    }
    if (stored === running?.reveal()) continue
    const wasThere = own(known.before, variable)?.reveal()
    // What ran before has it too, and a deploy brings it all the same.
    if (held === undefined && running !== undefined && wasThere === running.reveal()) continue
    if (held === undefined && known.before === undefined) left.push({ variable, because: 'not-stored' })
    else if (running === undefined) left.push({ variable, because: 'added-since' })
    else if (wasReference(variable, service, known)) left.push({ variable, because: 'reference' })
    else values[variable] = running
  }
  return { service, values, left }
}

/** One patch that stores all of it; undefined where there is nothing to store. Holds secrets. */
export function pinningPatch(all: readonly PinnedVariables[]): EnvironmentConfig | undefined {
  const services = all.flatMap(({ service, values }) => {
    const variables = Object.entries(values).map(([name, value]) => [name, { value: value.reveal() }])
    return variables.length === 0 ? [] : [[service.id, { variables: Object.fromEntries(variables) }]]
  })
  return services.length === 0 ? undefined : { services: Object.fromEntries(services) }
}

function wasReference(variable: string, { id, name }: ObservedService, { desired, patches }: KnownWriting): boolean {
  const wanted = own(desired?.services.find((one) => one.name === name)?.variables, variable)
  const written = patches.map(({ config }) =>
    valueAt(config.reveal(), ['services', id, 'variables', variable, 'value']),
  )
  return [wanted?.kind === 'text' ? wanted.value : undefined, ...written].some(
    (value) => typeof value === 'string' && holdsReference(value),
  )
}
