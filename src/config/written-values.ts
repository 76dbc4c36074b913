import type { Expression } from './expressions.ts'
import type { FakturinoConfig } from './fakturino-config.ts'

/** One value that an author wrote, and where. */
export interface WrittenValue {
  service: string
  variable: string
  /** `services.api.variables.APP_ENV`, and `….values.staging` where each environment has its own. */
  at: string
  value: string | Expression
}

/** Every variable's value in a config. */
export function writtenValues(config: FakturinoConfig): WrittenValue[] {
  return Object.entries(config.services).flatMap(([service, { variables = {} }]) =>
    Object.entries(variables).flatMap(([variable, value]) => {
      const at = `services.${service}.variables.${variable}`
      if (typeof value === 'string' || value.kind !== 'per-environment') return [{ service, variable, at, value }]
      return Object.entries(value.values).map(([environment, one]) => ({
        service,
        variable,
        at: `${at}.values.${environment}`,
        value: one,
      }))
    }),
  )
}
