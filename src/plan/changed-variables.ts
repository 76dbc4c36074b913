import type { DesiredState } from '../config/desired.ts'
import { holdsReference } from '../config/expressions.ts'
import { own } from '../config/own.ts'
import type { Secret } from '../kit/secret.ts'
import type { ObservedService } from '../platform/observed-state.ts'
import { flagVariable } from './differing-flags.ts'

type Snapshot = Readonly<Record<string, Secret>>

/** What an earlier deployment has of variables that what runs now has not, by name; never values. */
export interface ChangedVariables {
  variables: string[]
  /** Those of them that switch features, by the name of the flag. */
  flags: string[]
  /** Stored otherwise than the earlier deployment has them: the next ordinary deploy brings that back. */
  returning: string[]
}

/** The platform's own, which every deployment has of its own. */
export const ofPlatform = /^(RAILWAY_|PORT$)/

/** How the variables of an earlier deployment differ from those that run, and from those that are stored. */
export function changedVariables(
  earlier: Snapshot,
  running: Snapshot,
  { name: service, variables: stored }: ObservedService,
  desired: Pick<DesiredState, 'flags'> | undefined,
): ChangedVariables {
  const names = [...new Set([earlier, running, stored].flatMap((variables) => Object.keys(variables)))]
    .filter((name) => !ofPlatform.test(name))
    .sort((a, b) => a.localeCompare(b))
  const isChanged = (name: string) => text(earlier, name) !== text(running, name)
  const changed = names.filter(isChanged)
  const returning = names.filter((name) => {
    const held = own(stored, name)
    const value = held !== undefined && 'value' in held ? held.value.reveal() : undefined
    // What is rendered, or not shown, is what runs: nothing else tells what it comes to.
    return value === undefined || holdsReference(value) ? isChanged(name) : value !== text(earlier, name)
  })
  const flagOf = (variable: string): string | undefined => {
    if (desired === undefined)
      return flagVariable.test(variable) ? variable.slice('FEATURE_'.length).toLowerCase() : undefined
    return desired.flags.find((flag) => flag.variable === variable && flag.services.includes(service))?.name
  }
  return {
    variables: changed.filter((name) => flagOf(name) === undefined),
    flags: changed.flatMap((name) => flagOf(name) ?? []),
    returning,
  }
}

function text(variables: Snapshot, name: string): string | undefined {
  return own(variables, name)?.reveal()
}
