import type { DesiredState } from '../config/desired.ts'
import type { FakturinoConfig } from '../config/fakturino-config.ts'
import { type EnvironmentFlags, readFlags } from '../operations/read-flags.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Context } from './context.ts'
import { observed } from './observed.ts'
import { desiredWhere } from './target.ts'

/** How flags stand in the environments that a command is about. */
export interface FlagsSeen {
  environments: EnvironmentFlags[]
  states: ObservedState[]
  desiredFor: (environment: string) => DesiredState | undefined
  isRehearsal: boolean
}

/** The one that was named, or that a project token is for; else every environment of the config that is there. */
export async function observedFlags(context: Context): Promise<FlagsSeen> {
  const { state, config, isRehearsal } = await observed(context)
  const { platform, probe, credential } = await context.access()
  const { options, variables, clock, signal } = context
  const isOne =
    options.environment !== undefined ||
    (variables.FAKTURINO_ENVIRONMENT ?? '') !== '' ||
    (variables.RAILWAY_ENVIRONMENT_ID ?? '') !== '' ||
    credential.kind === 'project'
  const others = isOne ? [] : othersOf(state, config)
  const states = [state, ...(others.length === 0 ? [] : await platform.observeAll(others))]
  const desiredFor = desiredWhere(config)
  const needs = { platform, probe, clock, signal, timing: await context.timing() }
  return { environments: await readFlags(states, desiredFor, needs), states, desiredFor, isRehearsal }
}

function othersOf({ project, environment, environments }: ObservedState, config: FakturinoConfig | undefined) {
  return environments
    .filter(({ id, name }) => id !== environment.id && config !== undefined && Object.hasOwn(config.environments, name))
    .map(({ id }) => ({ projectId: project.id, environmentId: id }))
}
