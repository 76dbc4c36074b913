import type { DesiredState } from '../config/desired.ts'
import type { FakturinoConfig } from '../config/fakturino-config.ts'
import { notThere, observeEnvironment } from '../operations/observe-environment.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Context } from './context.ts'
import { desiredBy, desiredWhere, wantedEnvironment } from './target.ts'

/** What a command that only looks is about. */
export interface Observed {
  state: ObservedState
  /** Absent where there is none, or none that can be read. */
  config: FakturinoConfig | undefined
  /** What the config wants of this environment; absent where it says nothing of it. */
  desired: DesiredState | undefined
  isRehearsal: boolean
}

/** One look at the environment that was asked for; where it is not there, what is instead. */
export async function observed(context: Context, asking: { withRecent?: boolean } = {}): Promise<Observed> {
  const config = (await context.configIfReadable())?.config
  const { platform, isRehearsal } = await context.access()
  const wanted = await wantedEnvironment(context, 'looking', config)
  const found = await observeEnvironment(wanted, { platform, knownIds: await context.knownIds() }, asking)
  if (found.kind === 'missing') {
    const { project, environment } = wanted
    // A name that the config does not know either was mistyped, and the config says which there are.
    if (config !== undefined && environment.name !== undefined) desiredBy(config)(environment.name)
    throw notThere(
      { name: project.name, exists: found.project !== undefined, environments: found.project?.environments },
      environment,
    )
  }
  const { state } = found
  return { state, config, desired: desiredWhere(config)(state.environment.name), isRehearsal }
}
