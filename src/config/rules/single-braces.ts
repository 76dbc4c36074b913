import { critical } from '../config-finding.ts'
import { publicDomainVariable } from '../expressions.ts'
import type { FakturinoConfig } from '../fakturino-config.ts'
import { nearest } from '../nearest.ts'
import { own } from '../own.ts'
import type { Rule } from '../rule.ts'
import { variableNamesOf } from '../services.ts'
import { writtenValues } from '../written-values.ts'

const singleBraces = /(?<!\$)\$\{(?!\{)\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}/g

/** `${X}` is no reference on Railway: the application would get these very characters. */
export const singleBracesInValues: Rule = ({ config }) =>
  writtenValues(config).flatMap(({ value, service, at }) =>
    typeof value !== 'string'
      ? []
      : [...value.matchAll(singleBraces)].map(([found, name = '']) =>
          critical('single-braces', {
            at,
            says: `'${found}' is not Railway's syntax; the service would get these characters as they are`,
            fix: `write ${expressionFor(config, service, name)}`,
          }),
        ),
  )

function expressionFor(config: FakturinoConfig, service: string, name: string): string {
  if (own(config.secrets, name) !== undefined) return `secret('${name}')`
  if (name === publicDomainVariable) return `url(publicDomain('${service}'))`
  // Databases first: an app that has the variable too only passes on theirs.
  const others = Object.entries(config.services)
    .filter(([other]) => other !== service)
    .sort(([, a], [, b]) => Number(a.kind === 'app') - Number(b.kind === 'app'))
  const named = others.map(([other, one]) => ({ other, names: variableNamesOf(config, other, one) }))
  const exact = named.find(({ names }) => names.includes(name))
  if (exact !== undefined) return `ref('${exact.other}', '${name}')`
  for (const { other, names } of named) {
    const meant = nearest(name, names)
    if (meant !== undefined) return `ref('${other}', '${meant}')`
  }
  return `ref(SERVICE, '${name}') or \${{SERVICE.${name}}}`
}
