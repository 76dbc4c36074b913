import { critical } from '../config-finding.ts'
import { nearest } from '../nearest.ts'
import { railwaySettings } from '../railway-variables.ts'
import type { Rule } from '../rule.ts'

/** Names that belong to the platform or to us are not given to anything else. */
export const reservedNames: Rule = ({ config }) => [
  ...variableNames(config.services).flatMap(({ name, at }) => {
    if (name.startsWith('FAKTURINO_')) {
      return [critical('reserved-name', { at, says: 'names with FAKTURINO_ are where this tool keeps its own notes' })]
    }
    if (!name.startsWith('RAILWAY_') || railwaySettings.includes(name)) return []
    const meant = nearest(name, railwaySettings)
    const fix = meant === undefined ? {} : { fix: `write '${meant}'` }
    return [critical('reserved-name', { at, says: 'Railway sets its RAILWAY_ variables itself', ...fix })]
  }),
  ...Object.keys(config.services)
    .filter((name) => name === 'shared')
    .map((name) =>
      critical('reserved-name', {
        at: `services.${name}`,
        says: "'shared' is how references name the environment's shared variables",
      }),
    ),
]

function variableNames(services: Record<string, { variables?: Record<string, unknown> }>) {
  return Object.entries(services).flatMap(([service, { variables = {} }]) =>
    Object.keys(variables).map((name) => ({ name, at: `services.${service}.variables.${name}` })),
  )
}
