import { printable } from '../kit/text.ts'
import type { ServiceId } from '../platform/ids.ts'

/**
 * What of a question the platform judges exactly as we do, in its own language: which services. Texts and levels are not: it looks at
 * single rows, and a stack trace is many of them; and its level is that of the stream.
 */
export function platformFilter(services: readonly ServiceId[]): string {
  const parts = services.map((service) => `@service:${quoted(service)}`)
  return parts.length > 1 ? `(${parts.join(' OR ')})` : (parts[0] ?? '')
}

/** A word that the language cannot take for anything else; it has no way to write a quote within quotes. */
function quoted(word: string): string {
  return /^\w[\w-]*$/.test(word) ? word : `"${printable(word).replaceAll(/["\\]/g, ' ')}"`
}
