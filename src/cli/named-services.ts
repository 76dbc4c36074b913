import type { FakturinoConfig } from '../config/fakturino-config.ts'
import { nearestWords } from '../config/nearest.ts'
import { OperatorError } from '../kit/errors.ts'

/** The services that a command names; each has to be one of the config's that is built. */
export function namedServices(names: readonly string[], config: FakturinoConfig): string[] {
  const known = Object.keys(config.services)
  const stranger = names.find((name) => !known.includes(name))
  if (stranger !== undefined) {
    throw new OperatorError({
      kind: 'usage',
      code: 'unknown-service',
      message: `The config has no service ${stranger}${nearestWords(stranger, known)}.`,
      hint: 'Name services as the config does, or none for all of them.',
    })
  }
  const pending = names.find((name) => {
    const service = config.services[name]
    return service?.kind === 'app' && service.status === 'pending'
  })
  if (pending !== undefined) {
    throw new OperatorError({
      kind: 'usage',
      code: 'service-pending',
      message: `${pending} is pending in the config: it is not built yet, so it is not deployed.`,
      hint: 'Name other services, or none.',
    })
  }
  return [...names]
}
