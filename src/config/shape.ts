import * as v from 'valibot'
import type { Duration, Size } from './fakturino-config.ts'
import { nearest, nearestWords } from './nearest.ts'
import { isDuration, isSize } from './quantities.ts'

/** How an issue about a field that nobody knows is told from the others. */
export const unknownKey = 'unknown key'

/** An object with these fields and no others. All unknown ones are reported, each with the nearest name in `expected`. */
export function fields<const Entries extends v.ObjectEntries>(entries: Entries) {
  const known = Object.keys(entries)
  return v.pipe(
    v.looseObject(entries),
    v.rawCheck(({ dataset, addIssue }) => {
      const input: unknown = dataset.value
      if (typeof input !== 'object' || input === null) return
      for (const [key, value] of Object.entries(input)) {
        if (known.includes(key)) continue
        addIssue({
          message: `there is no '${key}' here${nearestWords(key, known)}`,
          expected: nearest(key, known) ?? '',
          received: unknownKey,
          path: [{ type: 'object', origin: 'key', input: { ...input }, key, value }],
        })
      }
    }),
  )
}

/** An object whose keys are names. */
export function named<const Value extends v.GenericSchema>(names: v.GenericSchema<string, string>, value: Value) {
  return v.pipe(v.custom<Record<string, unknown>>(isObject, 'must be an object with names'), v.record(names, value))
}

function isObject(input: unknown): boolean {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
}

/** Text that says something. */
export const text = v.pipe(v.string(), v.nonEmpty('must not be empty'))

/** Text of one form; `words` completes "must be …". */
export function textLike(pattern: RegExp, words: string) {
  return v.pipe(v.string(), v.regex(pattern, `must be ${words}`))
}

export const wholeNumber = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(0, 'must not be negative'),
)

/** At least one. */
export const amount = v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(1, 'must be at least 1'))

export const duration = v.custom<Duration>(isDuration, "must be a duration such as '30s', '10m' or '7d'")

export const size = v.custom<Size>(isSize, "must be a size such as '256MB' or '10GB'")

export const port = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(1, 'must be a port'),
  v.maxValue(65_535, 'must be a port'),
)

export const httpStatus = v.pipe(
  v.number(),
  v.integer('must be an HTTP status'),
  v.minValue(100, 'must be an HTTP status'),
  v.maxValue(599, 'must be an HTTP status'),
)

/** Where on a service: `/health`. */
export const urlPath = textLike(/^\/[^\s]*$/, "a path that starts with '/'")

export const serviceName = textLike(
  /^[A-Za-z][A-Za-z0-9 _-]{0,31}$/,
  'a service name: a letter, then letters, digits, spaces, - or _, at most 32 in all',
)

export const variableName = textLike(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'a variable name: letters, digits and _, no digit first',
)

export const plainName = textLike(/^[A-Za-z][A-Za-z0-9_-]*$/, 'a name: a letter, then letters, digits, - or _')

/** Prometheus' own rule for names. */
export const metricName = textLike(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'a metric name')
