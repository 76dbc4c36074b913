import { critical } from '../config-finding.ts'
import { lookUp, type Rule } from '../rule.ts'

/** There is somewhere to deploy to, and an environment validates another one that is there. */
export const environments: Rule = (subject) => {
  const entries = Object.entries(subject.config.environments)
  if (entries.length === 0 && !subject.isLeftOut('environments')) {
    return [
      critical('no-environment', { at: 'environments', says: 'names no environment, so nothing can be deployed' }),
    ]
  }
  return entries.flatMap(([name, { validates }]) => {
    const at = `environments.${name}.validates`
    if (validates === undefined) return []
    if (validates === name) return [critical('validates-itself', { at, says: 'is the environment itself' })]
    return lookUp(subject, 'environments', validates, at)
  })
}
