import type { Condition } from '../condition.ts'
import type { Deployment } from '../model.ts'

const well: Condition = {}

/** How these containers feel: of a condition that holds only with some value, nothing where they have another one. */
export function feltCondition({ instance, variables }: Pick<Deployment, 'instance' | 'variables'>): Condition {
  const { onlyWhile } = instance.condition
  const holds = onlyWhile === undefined || variables[onlyWhile.variable] === onlyWhile.value
  return holds ? instance.condition : well
}

/** Its variables as the code reads them: those of a config cache that is never made anew are what they were. */
export function readVariables(deployment: Deployment): Readonly<Record<string, string>> {
  const { variables, instance } = deployment
  const { cachedVariables: names } = feltCondition(deployment)
  const { cachedVariables: cached } = instance
  if (names === undefined || cached === undefined) return variables
  const others = Object.entries(variables).filter(([name]) => !names.includes(name))
  return Object.fromEntries([...others, ...Object.entries(cached).filter(([name]) => names.includes(name))])
}

/** These containers have started: where no config cache was made before, it is theirs. */
export function makeConfigCache(deployment: Deployment): void {
  const { instance, variables } = deployment
  if (feltCondition(deployment).cachedVariables !== undefined) instance.cachedVariables ??= variables
}
