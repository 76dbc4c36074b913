import type { DesiredState } from '../config/desired.ts'
import { flagName, guideFlags } from '../config/guide-flags.ts'
import { nearest } from '../config/nearest.ts'
import { own } from '../config/own.ts'
import type { RolloutFlag } from '../config/rollout.ts'
import type { Secret } from '../kit/secret.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { ObservedService, ObservedState } from '../platform/observed-state.ts'
import { flagVariable } from './differing-flags.ts'
import { type StoredSwitch, storedSwitch } from './flag-change.ts'
import { liveDeployment } from './plan-deployments.ts'

/** A flag in one environment: what is stored of it, and what the containers have. */
export interface FlagState {
  flag: string
  variable: string
  /** The config's; null where no config says. */
  default: string | null
  /** The value that is tried elsewhere first; null for a variable that nothing calls a flag. */
  riskyValue: string | null
  services: FlagInService[]
  /** Stored differently in the services that read it. */
  isSplit: boolean
  /** Stored otherwise than the config's default. */
  isDrifted: boolean
  /** Services whose containers have another value than is stored. */
  notRunning: string[]
  /** A variable that neither the config nor the guide names, and the flag that may be meant. */
  unknown?: { nearest?: string }
}

export interface FlagInService {
  service: string
  stored: StoredSwitch
  /** `unknown`: it cannot be read. `nothing`: no container runs. */
  running: StoredSwitch | 'unknown' | 'nothing'
}

/** What containers run with, by deployment; undefined where the token may not read it. */
export type RunningVariables = ReadonlyMap<DeploymentId, Readonly<Record<string, Secret>>> | undefined

/** Every flag of the config, or of the guide without one, and every other variable that looks like a flag. Pure. */
export function flagStates(
  state: Pick<ObservedState, 'services'>,
  desired: Pick<DesiredState, 'rollout'> | undefined,
  running: RunningVariables,
): FlagState[] {
  const known = desired === undefined ? flagsOfGuide(state) : desired.rollout.flags.map(wanted)
  const names = known.map(({ flag }) => flag)
  const others = strangeVariables(
    state,
    known.map(({ variable }) => variable),
  )
  return [
    ...known.map(
      ({ readers, ...flag }): FlagState => ({
        ...flag,
        ...flagIn(flag.variable, flag.default, readers, state, running),
      }),
    ),
    ...others.map((variable): FlagState => {
      const flag = flagName(variable)
      const meant = names.find((name) => name === flag) ?? nearest(flag, names)
      return {
        flag,
        variable,
        default: null,
        riskyValue: null,
        ...flagIn(variable, null, holders(state, variable), state, running),
        unknown: meant === undefined ? {} : { nearest: meant },
      }
    }),
  ]
}

type KnownFlag = Pick<FlagState, 'flag' | 'variable' | 'default' | 'riskyValue'> & { readers: readonly string[] }

function wanted({ name, variable, default: standard, riskyValue, services }: RolloutFlag): KnownFlag {
  return { flag: name, variable, default: standard, riskyValue, readers: services }
}

/** Those that somebody stored; which services read them nobody says. */
function flagsOfGuide(state: Pick<ObservedState, 'services'>): KnownFlag[] {
  return guideFlags
    .map(({ name, variable, riskyValue }) => ({
      flag: name,
      variable,
      default: null,
      riskyValue,
      readers: holders(state, variable),
    }))
    .filter(({ readers }) => readers.length > 0)
}

function flagIn(
  variable: string,
  standard: string | null,
  readers: readonly string[],
  state: Pick<ObservedState, 'services'>,
  running: RunningVariables,
): Pick<FlagState, 'services' | 'isSplit' | 'isDrifted' | 'notRunning'> {
  const services = state.services
    .filter(({ name }) => readers.includes(name))
    .map(
      (service): FlagInService => ({
        service: service.name,
        stored: storedSwitch(service, variable),
        running: runningSwitch(service, variable, running),
      }),
    )
  const stored = services.map((one) => one.stored)
  return {
    services,
    isSplit: new Set(stored).size > 1,
    isDrifted: standard !== null && stored.some((one) => one !== 'unset' && one !== standard),
    notRunning: services
      .filter((one) => (one.running === 'true' || one.running === 'false') && !isTheSame(one.stored, one.running))
      .map(({ service }) => service),
  }
}

/** A variable that is not there counts as off. */
function isTheSame(stored: StoredSwitch, running: 'true' | 'false'): boolean {
  return stored === 'hidden' || stored === running || (stored === 'unset' && running === 'false')
}

function runningSwitch(
  service: ObservedService,
  variable: string,
  running: RunningVariables,
): FlagInService['running'] {
  const live = liveDeployment(service)
  if (live === undefined) return 'nothing'
  const variables = running?.get(live.id)
  if (variables === undefined) return 'unknown'
  const value = own(variables, variable)?.reveal()
  if (value === undefined) return 'unset'
  return value === 'true' || value === 'false' ? value : 'hidden'
}

function holders({ services }: Pick<ObservedState, 'services'>, variable: string): string[] {
  return services.filter(({ variables }) => own(variables, variable) !== undefined).map(({ name }) => name)
}

/** Variables that look like flags, in any spelling, and are none that is known. */
function strangeVariables({ services }: Pick<ObservedState, 'services'>, known: readonly string[]): string[] {
  const names = services.flatMap(({ variables }) => Object.keys(variables))
  const looksLikeOne = (name: string) => flagVariable.test(name.toUpperCase().replaceAll('-', '_'))
  return [...new Set(names)]
    .filter((name) => looksLikeOne(name) && !known.includes(name))
    .sort((one, other) => one.localeCompare(other))
}
