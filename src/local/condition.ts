import { isRecord } from '../kit/json.ts'
import { listed } from '../kit/text.ts'

/** What /health looks into, in its order. */
export const healthChecks = [
  'database',
  'redis',
  'queues',
  'signer',
  'bank_sync',
  'storage',
  'backup',
  'certificates',
  'paddle',
] as const
export type HealthCheck = (typeof healthChecks)[number]

/**
 * Other ways to answer /health than in full: `{status:"ok"}`, "unhealthy", an HTML error page, a redirect to /health/ as a framework
 * sends that minds slashes, or 404 because the route was never attached.
 */
const healthShapes = ['simplified', 'unhealthy', 'error-page', 'redirect', 'not-found'] as const
/** Other ways to answer /metrics than plainly: every name with the namespace before it, or one of two failures. */
const metricsShapes = ['prefixed', 'error-page', 'error-text'] as const
/** What a cache does that does not work: it is gone, or answers something else than was written. */
const cacheTroubles = ['down', 'misreads'] as const
/** How /telescope meets a stranger where it does not refuse: sent to /login, or let in. */
const telescopeShapes = ['login', 'open'] as const
/** What becomes of a backup of its volume: none, or one that nobody can follow while it is made. */
const backupTroubles = ['fails', 'unfollowed'] as const
/** Longer than anybody waits. */
const longestMs = 3_600_000
const certificateWords = ['absent', 'not-a-number'] as const
const mostErrorsPerMinute = 6_000

/** How a service feels, beyond what its commit and its variables make of it. What is absent is well. */
export type Condition = Partial<Ailments>

interface Ailments {
  health: (typeof healthShapes)[number]
  /** Those that say no: it is degraded then, and answers 503. */
  failingChecks: readonly HealthCheck[]
  metrics: (typeof metricsShapes)[number]
  /** /metrics/health fails with an HTML page, as it does where its code is broken. */
  metricsHealth: 'error-page'
  /** Until the signing certificate expires. Without it there is no certificate: -1. `absent`: the metric is not there at all. */
  certificateDays: number | (typeof certificateWords)[number]
  telescope: (typeof telescopeShapes)[number]
  database: 'down'
  cache: (typeof cacheTroubles)[number]
  /** Each answer takes so much longer. */
  latencyMs: number
  /** Every so many requests, one is answered 500 and logged as an exception; 1 means all of them. */
  failsEvery: number
  /** A worker's jobs all throw. */
  jobs: 'failing'
  /** A scheduler finds nothing to schedule, as where the product's installation marker is missing. */
  scheduledTasks: 'none'
  backup: (typeof backupTroubles)[number]
  /** Its containers exit as soon as they have started: without a health check that is a success first, then a loop of restarts. */
  crashesOnStart: true
  /** No container of it comes up at all: a new deployment FAILED, whatever its restart policy. */
  failsToStart: true
  /** So many exceptions in its log, whether anybody asks it or not. */
  errorsPerMinute: number
  /**
   * Variables that the code reads out of a config cache which nobody makes anew: it goes on as with the values of the container that
   * was live when this was said, or of the first one after it.
   */
  cachedVariables: readonly string[]
  /** What is said here of its containers holds only in those with that value: what a feature flag breaks. */
  onlyWhile: { readonly variable: string; readonly value: string }
  /** The same from so long after they have started: what a health check at their start does not see. */
  onlyAfterMs: number
}

interface Field<Value> {
  is(value: unknown): value is Value
  must: string
}

const duration: Field<number> = {
  is: (value): value is number => isNumber(value) && value >= 0 && value <= longestMs,
  must: `must be milliseconds from 0 to ${longestMs}`,
}
const isTrue: Field<true> = { is: (value) => value === true, must: 'must be true' }

const fields: { [Name in keyof Ailments]: Field<Ailments[Name]> } = {
  health: oneOf(healthShapes),
  failingChecks: {
    is: (value) => Array.isArray(value) && value.every(oneOf(healthChecks).is),
    must: `must be a list of ${listed(healthChecks, 'or')}`,
  },
  metrics: oneOf(metricsShapes),
  metricsHealth: oneOf(['error-page']),
  certificateDays: {
    is: (value) => isNumber(value) || oneOf(certificateWords).is(value),
    must: `must be a number of days, or ${listed(certificateWords, 'or')}`,
  },
  telescope: oneOf(telescopeShapes),
  database: oneOf(['down']),
  cache: oneOf(cacheTroubles),
  latencyMs: duration,
  failsEvery: {
    is: (value): value is number => Number.isInteger(value) && Number(value) >= 1,
    must: 'must be a whole number, 1 or more',
  },
  jobs: oneOf(['failing']),
  scheduledTasks: oneOf(['none']),
  backup: oneOf(backupTroubles),
  crashesOnStart: isTrue,
  failsToStart: isTrue,
  errorsPerMinute: {
    is: (value): value is number => isNumber(value) && value > 0 && value <= mostErrorsPerMinute,
    must: `must be a number above 0, and not above ${mostErrorsPerMinute}`,
  },
  cachedVariables: {
    is: (value) => Array.isArray(value) && value.every(isName),
    must: 'must be a list of names of variables',
  },
  onlyWhile: {
    is: (value): value is Ailments['onlyWhile'] =>
      isRecord(value) && Object.keys(value).length === 2 && isName(value.variable) && typeof value.value === 'string',
    must: 'must read {variable, value}, both texts',
  },
  onlyAfterMs: duration,
}

/** The condition that a value describes, or what is wrong with it. */
export function parseCondition(value: unknown): Condition | string {
  if (!isRecord(value)) return 'condition must be an object; {} means well'
  const condition: Condition = {}
  const names = Object.keys(value)
  const unknown = names.find((name) => !isField(name))
  if (unknown !== undefined) {
    return `condition has no "${unknown}"; it may have ${listed(Object.keys(fields))}`
  }
  for (const name of names.filter(isField)) {
    const complaint = take(condition, name, value[name])
    if (complaint !== undefined) return complaint
  }
  return condition
}

function take<Name extends keyof Ailments>(condition: Condition, name: Name, value: unknown): string | undefined {
  const field: Field<Ailments[Name]> = fields[name]
  if (!field.is(value)) return `condition.${name} ${field.must}`
  condition[name] = value
  return undefined
}

function isField(name: string): name is keyof Ailments {
  return Object.hasOwn(fields, name)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value)
}

function oneOf<const Word extends string>(words: readonly Word[]): Field<Word> {
  return {
    is: (value): value is Word => words.some((word) => word === value),
    must: `must be ${listed(words, 'or')}`,
  }
}
