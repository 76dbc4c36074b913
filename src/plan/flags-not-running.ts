import type { DesiredState } from '../config/desired.ts'
import { holdsReference } from '../config/expressions.ts'
import { own } from '../config/own.ts'
import { listed } from '../kit/text.ts'
import type { ObservedRunning, ObservedState } from '../platform/observed-state.ts'
import type { PlanNote } from './plan.ts'

/** Flags that containers run with another value of than is stored, as after a rollback: no deploy is planned for them, so it is said. */
export function flagsNotRunning(
  { flags }: Pick<DesiredState, 'flags'>,
  state: ObservedState | undefined,
  running: ObservedRunning | undefined,
): PlanNote[] {
  return (state?.services ?? []).flatMap((service): PlanNote[] => {
    const snapshot = running?.snapshots.get(service.id)
    if (snapshot === undefined) return []
    const variables = flags
      .filter(({ services }) => services.includes(service.name))
      .map(({ variable }) => variable)
      .filter((variable) => {
        const held = own(service.variables, variable)
        if (held === undefined || 'masked' in held) return false
        const stored = held.value.reveal()
        return !holdsReference(stored) && own(snapshot, variable)?.reveal() !== stored
      })
    if (variables.length === 0) return []
    return [
      {
        code: 'flag-not-running',
        service: service.name,
        message: `${listed(variables)}: stored otherwise than what runs has it; the next deployment of ${service.name} brings what is stored.`,
      },
    ]
  })
}
