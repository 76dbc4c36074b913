import type { Timing } from '../config/timing.ts'
import type { Watched, WatchedCheck, WatchedFlag } from '../config/watched.ts'
import type { Clock } from '../kit/clock.ts'
import type { ObservedService, ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import { askedDomain } from './asked-domain.ts'
import { type Asked, type CheckResult, skipped } from './check.ts'
import type { Figure } from './figures.ts'
import type { Probe } from './probe.ts'
import type { AskedAt } from './said-answer.ts'
import { isFlagOn } from './stored-value.ts'

/** What is to be checked, as it was read. */
export interface CheckSubject {
  state: ObservedState
  /** Names of the services that this is about, those that are not built yet among them; a check of any other is not carried out. */
  chosen: readonly string[]
  /** Those of them that should be there. */
  services: readonly CheckedService[]
  watched: Watched
  /** What this watch saw before, the oldest first: some things show only over time. */
  earlier: readonly Look[]
  /** Since when errors count (milliseconds, by the platform's clock), where it is not the usual while. */
  since?: number
}

/** A service as far as checks need to know what is wanted of it. */
export interface CheckedService {
  name: string
  liveness?: { path: string; status: number }
  /** Where its domain should lead. */
  targetPort?: number
  /** Services with the same one should run the same commit. */
  codebase?: string
  replicas?: number
}

/** Figures as they were at one time. */
export interface Look {
  /** Milliseconds since the epoch. */
  at: number
  figures: readonly Figure[]
}

export interface CheckNeeds {
  probe: Probe
  clock: Clock
  signal: AbortSignal
  platform: Pick<Platform, 'readLogRows' | 'readAnsweredRequests' | 'readAnsweredByPath'>
  timing: Timing
}

export function observedService({ state }: CheckSubject, name: string): ObservedService | undefined {
  return state.services.find((service) => service.name === name)
}

/** Where a service is asked over its domain; undefined where it has none. */
export function urlOf(subject: CheckSubject, service: string, path: string): string | undefined {
  const targetPort = subject.services.find(({ name }) => name === service)?.targetPort
  const domain = askedDomain(observedService(subject, service), targetPort)
  return domain === undefined ? undefined : `https://${domain}${path}`
}

export function isChosen({ chosen }: CheckSubject, service: string): boolean {
  return chosen.includes(service)
}

/** Where a check of the config is asked, or the answer that it has without asking. */
export type Question = { asked: AskedAt } | { answered: CheckResult }

/** A check of a feature that is off, of a service that is not there or has no domain, is not asked. */
export function questionOf(check: WatchedCheck, subject: CheckSubject): Question {
  const { name, service, path, flag, flagReader = service, pending } = check
  const about: Asked = { check: name, service }
  if (pending !== undefined) return { answered: skipped(about, `${service} is pending: ${pending}`) }
  if (flag !== undefined && isFlagOn(subject.state, flagReader, flag) === false) {
    return { answered: skipped(about, offReason(flag)) }
  }
  if ((observedService(subject, service)?.active ?? []).length === 0) {
    return { answered: skipped(about, `nothing of ${service} runs`) }
  }
  const url = urlOf(subject, service, path)
  if (url === undefined) return { answered: skipped(about, `${service} has no domain to ask over`) }
  return { asked: { ...about, url, ...(flag === undefined ? {} : { flag: flag.name }) } }
}

export function offReason({ name }: Pick<WatchedFlag, 'name'>): string {
  return `the flag ${name} is off`
}

/** How long an answer may take. */
export function probeTimeoutMs(
  { timing }: Pick<CheckNeeds, 'timing'>,
  check?: Pick<WatchedCheck, 'timeoutMs'>,
): number {
  return timing.check.probeTimeoutMs ?? check?.timeoutMs ?? timing.liveness.probeTimeoutMs
}
