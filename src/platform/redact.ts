import type { EnvironmentConfig } from '../contract/environment-config.ts'
import { isRecord } from '../kit/json.ts'
import type { ObservedState, ObservedVariable } from './observed-state.ts'

const shown = '[secret]'

// Shorter values are words like `true` and `production`: no secrets, and taking them out would leave nothing to read.
const shortestSecret = 6

// Long enough to be no word that a later message needs, such as the name of an environment or a branch.
const shortestLasting = 12

/** Is a value worth keeping out of everything that is told later? A text around a reference holds no value of its own. */
export function isLasting(value: string): boolean {
  return value.length >= shortestLasting && !value.includes('${{')
}

/** Takes known secrets out of a text, also where they stand escaped for JSON. */
export function redact(text: string, secrets: Iterable<string>): string {
  const spellings = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < shortestSecret) continue
    spellings.add(secret)
    spellings.add(JSON.stringify(secret).slice(1, -1))
  }
  // The longest first: a secret may hold another one.
  const ordered = [...spellings].sort((a, b) => b.length - a.length)
  return ordered.reduce((safe, spelling) => safe.replaceAll(spelling, shown), text)
}

/** Every variable's value in a config: any of them may be a secret. */
export function valuesIn(config: EnvironmentConfig): string[] {
  const holders = [config.sharedVariables, ...Object.values(config.services ?? {}).map((service) => service?.variables)]
  return holders
    .flatMap((variables) => Object.values(variables ?? {}))
    .flatMap((entry) => (isRecord(entry) && typeof entry.value === 'string' ? [entry.value] : []))
}

/** Every value that a reading shows: stored, staged, or changed by an earlier patch. */
export function valuesRead({ services, sharedVariables, staged, patches = [] }: ObservedState): string[] {
  const variables = [sharedVariables, ...services.map((service) => service.variables)].flatMap(
    Object.values<ObservedVariable>,
  )
  const kept = variables.flatMap((variable) => ('value' in variable ? [variable.value.reveal()] : []))
  const written = [...(staged === undefined ? [] : [staged]), ...patches].map(({ config }) => config.reveal())
  return [...kept, ...written.flatMap(valuesIn)]
}

/** Takes out of what people wrote every value that was read, and that is long enough to be no word of theirs. */
export function redactorOf(values: readonly string[]): (text: string) => string {
  const secrets = new Set(values.filter(isLasting))
  return (text) => redact(text, secrets)
}
