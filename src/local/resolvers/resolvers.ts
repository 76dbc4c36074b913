import type { RequestContext } from './request-context.ts'

/** Resolvers of one type, by field. A field without one is read from the object itself. */
export type Resolvers<Source> = Record<string, (source: Source, args: never, context: RequestContext) => unknown>

/** Null and absent are the same to the platform, except where it says otherwise. */
export function given<Value>(value: Value | null | undefined): Value | undefined {
  return value ?? undefined
}
