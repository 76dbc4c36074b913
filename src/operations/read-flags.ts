import type { DesiredState } from '../config/desired.ts'
import { type FlagState, flagStates, type RunningVariables } from '../plan/flag-states.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import { type RolloutNote, rolloutIn } from '../plan/rollout-note.ts'
import { unlessDenied } from '../platform/is-denied.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import type { CheckNeeds } from '../verify/check-subject.ts'
import type { Evidence } from '../verify/evidence.ts'
import { type FlagEffect, flagEffect } from '../verify/flag-effect.ts'
import { instant } from './await-lease.ts'
import { evidenceNotes } from './evidence-notes.ts'
import { subjectOf } from './soak.ts'

/** The flags of one environment. */
export interface EnvironmentFlags {
  project: string
  environment: string
  flags: ToldFlag[]
  /** A change that is not over. Times are ISO 8601. */
  rollout: { flags: { name: string; value: string }[]; by: string; since: string; isReverting: boolean } | null
}

/** A flag as it stands in one environment. */
export interface ToldFlag extends FlagState {
  /** By what the outside sees; null where the config names nothing to ask. */
  effect: FlagEffect | null
  /** Set, and the service answers as if it were not: a cached config, or a value in the database. Null where that cannot be told. */
  isEffective: boolean | null
  /** When it was validated here last, and by whom; null: not, or not any more. */
  validated: { value: string; by: string; at: string; items: number; isSigned: boolean } | null
}

export interface ReadFlagsNeeds extends CheckNeeds {
  platform: Platform
}

/** Reads how flags stand in environments that were observed: one request more for what runs, and one for each effect that shows. */
export async function readFlags(
  states: readonly ObservedState[],
  desiredFor: (environment: string) => DesiredState | undefined,
  needs: ReadFlagsNeeds,
): Promise<EnvironmentFlags[]> {
  const live = states.flatMap(({ services }) => services.flatMap((service) => liveDeployment(service)?.id ?? []))
  const running: RunningVariables =
    live.length === 0 ? new Map() : await unlessDenied(needs.platform.readSnapshots(live))
  return Promise.all(
    states.map(async (state) => {
      const desired = desiredFor(state.environment.name)
      const evidence = evidenceNotes(state)
      const told = flagStates(state, desired, running).map(async (flag): Promise<ToldFlag> => {
        const known = desired?.rollout.flags.find(({ name }) => name === flag.flag)
        const effect = known?.effect === undefined ? null : await flagEffect(known, subjectOf(state, desired), needs)
        const validated = evidence.find((one) => one.flag === flag.flag)
        return {
          ...flag,
          effect,
          isEffective: isEffective(flag, effect),
          validated: validated === undefined ? null : toldValidation(validated),
        }
      })
      const rollout = rolloutIn(state)
      return {
        project: state.project.name,
        environment: state.environment.name,
        flags: await Promise.all(told),
        rollout: rollout === undefined ? null : toldRollout(rollout),
      }
    }),
  )
}

function isEffective({ services }: FlagState, effect: FlagEffect | null): boolean | null {
  const stored = [...new Set(services.map((one) => one.stored))]
  const [only] = stored
  if (effect === null || effect === 'unknown' || stored.length !== 1) return null
  if (only !== 'true' && only !== 'false') return null
  return (only === 'true') === (effect === 'on')
}

function toldValidation({ value, by, at, items, signature }: Evidence): ToldFlag['validated'] {
  return { value, by, at: instant(at), items: items.length, isSigned: signature !== undefined }
}

function toldRollout({ flags, by, since, isReverting }: RolloutNote): EnvironmentFlags['rollout'] {
  return { flags: flags.map(({ name, value }) => ({ name, value })), by, since: instant(since), isReverting }
}
