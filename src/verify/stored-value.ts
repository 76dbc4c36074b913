import type { WatchedFlag } from '../config/watched.ts'
import type { ObservedState } from '../platform/observed-state.ts'

/** What is stored for a variable of a service; `hidden` where the platform does not show it, or where it is put together. */
export type StoredValue = { kind: 'known'; value: string } | { kind: 'absent' } | { kind: 'hidden' }

/** References to the shared variables and to other services are followed, a few steps far. Never show it: it may be a secret. */
export function storedValue(state: ObservedState, service: string, variable: string, steps = 4): StoredValue {
  const holder =
    service === 'shared' ? state.sharedVariables : state.services.find(({ name }) => name === service)?.variables
  const stored = holder !== undefined && Object.hasOwn(holder, variable) ? holder[variable] : undefined
  if (stored === undefined) return { kind: 'absent' }
  if ('masked' in stored) return { kind: 'hidden' }
  const value = stored.value.reveal()
  const [, other, name] = /^\$\{\{\s*([^.{}\s]+)\.([A-Za-z0-9_]+)\s*\}\}$/.exec(value.trim()) ?? []
  if (other !== undefined && name !== undefined && steps > 0) return storedValue(state, other, name, steps - 1)
  return value.includes('${{') ? { kind: 'hidden' } : { kind: 'known', value }
}

/** Is a flag on for a service, by what is stored? Undefined where that is not shown. */
export function isFlagOn(state: ObservedState, service: string, flag: WatchedFlag): boolean | undefined {
  const stored = storedValue(state, service, flag.variable)
  if (stored.kind === 'hidden') return undefined
  if (stored.kind === 'absent') return flag.default
  return /^\(?(true|1|on|yes)\)?$/i.test(stored.value.trim())
}
