import { advisory, critical } from '../config-finding.ts'
import { own } from '../own.ts'
import { lookUp, type Rule } from '../rule.ts'
import { writtenValues } from '../written-values.ts'

/** Every secret is held by somebody, and by those that need it. */
export const secrets: Rule = (subject) => {
  const { config, isLeftOut } = subject
  const uses = writtenValues(config).flatMap(({ service, value }) =>
    typeof value === 'object' && value.kind === 'secret' ? [{ service, secret: value.secret }] : [],
  )
  return Object.entries(config.secrets ?? {}).flatMap(([name, { requiredBy = [] }]) => {
    const holders = uses.filter(({ secret }) => secret === name).map(({ service }) => service)
    const at = `secrets.${name}`
    const unused =
      holders.length > 0 || isLeftOut('services')
        ? []
        : [advisory('unused-secret', { at, says: 'is held by no service', fix: `use secret('${name}') or remove it` })]
    return [
      ...unused,
      ...requiredBy.flatMap((service) => {
        if (own(config.services, service) === undefined) {
          return lookUp(subject, 'services', service, `${at}.requiredBy`)
        }
        if (holders.includes(service) || isLeftOut(`services.${service}.variables`)) return []
        return [
          critical('secret-not-held', {
            at: `${at}.requiredBy`,
            says: `'${service}' cannot start without it but does not hold it`,
            fix: `set services.${service}.variables.${name} to secret('${name}')`,
          }),
        ]
      }),
    ]
  })
}
