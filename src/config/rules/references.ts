import type { Finding } from '../../kit/finding.ts'
import { critical } from '../config-finding.ts'
import { publicDomainVariable, referencesIn, type WrittenReference } from '../expressions.ts'
import { own } from '../own.ts'
import { lookUp, type Rule, type Subject, unknownName } from '../rule.ts'
import { isPending, variableNamesOf } from '../services.ts'
import { type WrittenValue, writtenValues } from '../written-values.ts'

/** Every reference leads to a variable that will be there: the platform renders one that does not as nothing, silently. */
export const references: Rule = (subject) =>
  writtenValues(subject.config).flatMap((value) => [
    ...secretOf(subject, value),
    ...referencesIn(value.value).flatMap((reference) => follow(subject, value, reference)),
    ...portOf(subject, value),
  ])

function secretOf(subject: Subject, { value, at }: WrittenValue): Finding[] {
  return typeof value === 'object' && value.kind === 'secret' ? lookUp(subject, 'secrets', value.secret, at) : []
}

function follow(subject: Subject, from: WrittenValue, { service = from.service, variable }: WrittenReference) {
  const { config, isLeftOut } = subject
  const { at } = from
  const target = own(config.services, service)
  const source = own(config.services, from.service)
  if (target === undefined) return lookUp(subject, 'services', service, at)
  if (isPending(target) && source !== undefined && !isPending(source)) {
    return [critical('reference-to-pending', { at, says: `'${service}' is pending, so it has no ${variable} yet` })]
  }
  if (variable === publicDomainVariable && (target.kind !== 'app' || target.domain !== true)) {
    if (isLeftOut(`services.${service}.domain`)) return []
    const fix = target.kind === 'app' ? { fix: `set services.${service}.domain to true` } : {}
    return [critical('no-public-domain', { at, says: `'${service}' has no public domain`, ...fix })]
  }
  const known = variableNamesOf(config, service, target)
  const isRead = !isLeftOut(`services.${service}.variables.${variable}`) && !isLeftOut('flags')
  if (known.includes(variable) || !isRead) return []
  return [unknownName('unknown-variable', `variable of '${service}' named`, variable, at, known)]
}

function portOf({ config, isLeftOut }: Subject, { service: itself, value, at }: WrittenValue): Finding[] {
  if (typeof value !== 'object' || value.kind !== 'url' || value.of.kind !== 'private-domain') return []
  const { service = itself } = value.of
  const target = own(config.services, service)
  if (target === undefined || (target.kind === 'app' && target.port !== undefined)) return []
  if (isLeftOut(`services.${service}.port`)) return []
  const says = `'${service}' has no port, and nothing answers at a private domain without one`
  return [critical('private-url-without-port', { at, says, fix: `set services.${service}.port` })]
}
