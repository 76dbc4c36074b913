import type { Finding } from '../../kit/finding.ts'
import { critical } from '../config-finding.ts'
import { own } from '../own.ts'
import { lookUp, type Rule, type Subject } from '../rule.ts'
import { writtenValues } from '../written-values.ts'

/** No secret is written out, every environment has its value, and `APP_URL` is a whole address. */
export const values: Rule = (subject) => [
  ...writtenSecrets(subject),
  ...environmentsWithoutValue(subject),
  ...addresses(subject),
]

function writtenSecrets({ config }: Subject): Finding[] {
  return writtenValues(config).flatMap(({ value, variable, at }) =>
    typeof value === 'string' && value !== '' && !value.includes('${') && own(config.secrets, variable) !== undefined
      ? [
          critical('secret-in-config', {
            at,
            says: `'${variable}' is a secret, and its value stands in the config for everybody to read`,
            fix: `write secret('${variable}'), and supply the value elsewhere`,
          }),
        ]
      : [],
  )
}

function environmentsWithoutValue(subject: Subject): Finding[] {
  const { config, isLeftOut } = subject
  const environments = Object.keys(config.environments)
  return Object.entries(config.services).flatMap(([service, { variables = {} }]) =>
    Object.entries(variables).flatMap(([variable, value]) => {
      if (typeof value === 'string' || value.kind !== 'per-environment') return []
      const at = `services.${service}.variables.${variable}`
      const missing = environments.filter(
        (name) => own(value.values, name) === undefined && !isLeftOut(`${at}.values.${name}`),
      )
      return [
        ...missing.map((name) =>
          critical('environment-without-value', { at, says: `has no value for the environment '${name}'` }),
        ),
        ...Object.keys(value.values).flatMap((name) => lookUp(subject, 'environments', name, at)),
      ]
    }),
  )
}

function addresses({ config }: Subject): Finding[] {
  return writtenValues(config).flatMap(({ value, variable, service, at }) => {
    if (variable !== 'APP_URL') return []
    const isBare = typeof value === 'string' ? !value.startsWith('https://') : value.kind === 'public-domain'
    return isBare
      ? [
          critical('app-url-without-https', {
            at,
            says: "has no 'https://', so links and cookies would be made for the wrong address",
            fix: `write url(publicDomain('${service}'))`,
          }),
        ]
      : []
  })
}
