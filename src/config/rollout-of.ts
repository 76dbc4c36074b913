import type { FakturinoConfig } from './fakturino-config.ts'
import { own } from './own.ts'
import type { RequiredSecret, RequiredService, Rollout, RolloutFlag, ValidationSection } from './rollout.ts'
import { isPending } from './services.ts'

/** How a config has its flags switched. Pure. */
export function rolloutOf(config: FakturinoConfig): Rollout {
  const { flags = {}, validation = {} } = config
  const every = Object.keys(validation)
  return {
    flags: Object.entries(flags).map(([name, flag]): RolloutFlag => {
      const { requires = {}, effect } = flag
      return {
        name,
        variable: flag.variable,
        default: String(flag.default),
        riskyValue: String(flag.riskyValue),
        isSafety: !flag.riskyValue,
        services: flag.services.filter((service) => {
          const reader = own(config.services, service)
          return reader !== undefined && !isPending(reader)
        }),
        sections: flag.sections === 'every' ? every : [...flag.sections],
        requires: {
          services: (requires.services ?? []).map((service) => requiredService(config, service)),
          secrets: (requires.secrets ?? []).map((secret) => requiredSecret(config, secret)),
          queues: [...(requires.queues ?? [])],
        },
        ...(effect === undefined ? {} : { effect }),
      }
    }),
    sections: Object.entries(validation).map(
      ([name, { title, items }]): ValidationSection => ({
        name,
        title,
        items: items.map((item, at) => ({
          id: `${name}-${at + 1}`,
          ...(typeof item === 'string' ? { text: item } : { text: item.item, check: item.check }),
        })),
      }),
    ),
  }
}

function requiredService(config: FakturinoConfig, name: string): RequiredService {
  const service = own(config.services, name)
  return service !== undefined && isPending(service) ? { name, pending: service.reason ?? 'not built yet' } : { name }
}

function requiredSecret(config: FakturinoConfig, name: string): RequiredSecret {
  const holders = Object.entries(config.services).flatMap(([service, { variables = {} }]) =>
    Object.entries(variables).flatMap(([variable, value]) =>
      typeof value === 'object' && value.kind === 'secret' && value.secret === name ? [{ service, variable }] : [],
    ),
  )
  return { name, holders }
}
