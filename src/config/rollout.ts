/** How flags of one environment are switched, resolved: no defaults left to apply. */
export interface Rollout {
  /** In the order of the config. */
  flags: RolloutFlag[]
  /** The checklist of the environment that is tried first, in the order of the config. */
  sections: ValidationSection[]
}

/** A feature flag as it is switched in stages. */
export interface RolloutFlag {
  /** As the config spells it: `partner_mocked_data`. */
  name: string
  /** `FEATURE_PARTNER_MOCKED_DATA` */
  variable: string
  default: string
  /** The value that is tried elsewhere first. Away from it is the way out, and needs no evidence. */
  riskyValue: string
  /** A flag whose risky value is off: switching it off is never the way out. */
  isSafety: boolean
  /** The services that read it, those that are not built yet left out. */
  services: string[]
  /** Names of sections that have to be green. */
  sections: string[]
  requires: { services: RequiredService[]; secrets: RequiredSecret[]; queues: string[] }
  /** How to see from outside whether it took effect: the status that `path` answers with. */
  effect?: { service: string; path: string; on: number; off: number }
}

export interface RequiredService {
  name: string
  /** Why it is not there yet, by the config. */
  pending?: string
}

export interface RequiredSecret {
  name: string
  /** The variable that holds it, by service. */
  holders: { service: string; variable: string }[]
}

/** A part of the checklist. */
export interface ValidationSection {
  name: string
  title: string
  items: ValidationItem[]
}

/** One item: confirmed by a person, or proven by a check of the config. */
export interface ValidationItem {
  /** `monitoring-1`: how `--confirm` names it. Counted within its section. */
  id: string
  text: string
  /** The name of a check of the config; absent: a person says so. */
  check?: string
}

export const nothingRolledOut: Rollout = { flags: [], sections: [] }
