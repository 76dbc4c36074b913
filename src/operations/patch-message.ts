import { clipped } from '../kit/text.ts'
import { patchMessagePrefix } from '../plan/last-applied.ts'

/** Who changes something and why: what others read in the patch history. */
export interface Author {
  /** The command: `init`, `deploy`. */
  command: string
  /** The person or the CI job. */
  person: string
  reason?: string
}

/** `fakturino deploy by nina: new banking queue` */
export function patchMessage({ command, person, reason }: Author): string {
  const words = `${patchMessagePrefix}${command} by ${person}`
  return clipped(reason === undefined ? words : `${words}: ${reason}`, 200)
}
