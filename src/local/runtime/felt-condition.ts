import type { Condition } from '../condition.ts'
import type { Deployment } from '../model.ts'

const well: Condition = {}

/** How these containers feel: nothing of a condition that holds only with another value than theirs, or not so soon. */
export function feltCondition({ instance, variables, startedAt }: Deployment, now: number): Condition {
  const { onlyWhile, onlyAfterMs = 0 } = instance.condition
  const hasValue = onlyWhile === undefined || variables[onlyWhile.variable] === onlyWhile.value
  return hasValue && now - (startedAt ?? now) >= onlyAfterMs ? instance.condition : well
}

/** Its variables as the code reads them: those of a config cache that is never made anew are what they were. */
export function readVariables(deployment: Deployment, now: number): Readonly<Record<string, string>> {
  const { variables, instance } = deployment
  const { cachedVariables: names } = feltCondition(deployment, now)
  const { cachedVariables: cached } = instance
  if (names === undefined || cached === undefined) return variables
  const others = Object.entries(variables).filter(([name]) => !names.includes(name))
  return Object.fromEntries([...others, ...Object.entries(cached).filter(([name]) => names.includes(name))])
}

/** These containers have started: where no config cache was made before, it is theirs. */
export function makeConfigCache({ instance, variables }: Deployment): void {
  if (instance.condition.cachedVariables !== undefined) instance.cachedVariables ??= variables
}
