import type { DesiredState } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Report } from './events.ts'
import {
  type Asking,
  notThere,
  type ObserveNeeds,
  observeEnvironment,
  type WantedEnvironment,
} from './observe-environment.ts'

export interface PlaceRequest {
  wanted: WantedEnvironment
  /** What is wanted of the environment of that name; undefined where no config says it. */
  desiredFor: (environment: string) => DesiredState | undefined
  /** Did the operator name the environment in this very command? A protected one must be. */
  isSpelledOut: boolean
}

/** An environment that is there, and that this command may change. */
export interface PlaceToChange {
  state: ObservedState
  desired: DesiredState | undefined
  isProtected: boolean
}

/** Finds the environment that a command is about to change without a plan, and says which one it is before anything else. */
export async function placeToChange(
  { wanted, desiredFor, isSpelledOut }: PlaceRequest,
  needs: ObserveNeeds & { report: Report; isRehearsal: boolean },
  asking?: Asking,
): Promise<PlaceToChange> {
  const found = await observeEnvironment(wanted, needs, asking)
  if (found.kind === 'missing') {
    throw notThere(
      { name: wanted.project.name, exists: found.project !== undefined, environments: found.project?.environments },
      wanted.environment,
    )
  }
  const { state } = found
  const project = state.project.name
  const environment = state.environment.name
  const desired = desiredFor(environment)
  // Without a config nobody says that it may be treated lightly.
  const isProtected = desired?.environment.protected ?? true
  if (isProtected && !isSpelledOut) throw notSpelledOut(environment)
  const { isRehearsal, report } = needs
  await report({ type: 'target-found', project, environment, isProtected, isRehearsal })
  return { state, desired, isProtected }
}

/** The refusal to change a protected environment that the command does not name. */
export function notSpelledOut(environment: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'missing-environment',
    message: `${environment} is protected, and this command changes it: its name must stand in the command itself.`,
    hint: `Add: -e ${environment}`,
  })
}
