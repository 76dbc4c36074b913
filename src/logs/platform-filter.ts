import { printable } from '../kit/text.ts'
import type { DeploymentId, ServiceId } from '../platform/ids.ts'

/**
 * What of a question the platform judges exactly as we do, in its own language: which services, and which deployment. Texts and levels are
 * not: it looks at single rows, and a stack trace is many of them; and its level is that of the stream.
 */
export function platformFilter(asked: { services: readonly ServiceId[]; deployment?: DeploymentId }): string {
  const services = asked.services.map((service) => `@service:${quoted(service)}`)
  const ofServices = services.length > 1 ? `(${services.join(' OR ')})` : (services[0] ?? '')
  const ofDeployment = asked.deployment === undefined ? '' : `@deployment:${quoted(asked.deployment)}`
  return [ofServices, ofDeployment].filter((part) => part !== '').join(' AND ')
}

/** A word that the language cannot take for anything else; it has no way to write a quote within quotes. */
function quoted(word: string): string {
  return /^\w[\w-]*$/.test(word) ? word : `"${printable(word).replaceAll(/["\\]/g, ' ')}"`
}
