import { clipped } from '../kit/text.ts'
import { patchMessagePrefix } from '../plan/last-applied.ts'

/** Who changes something and why: what others read in the patch history. */
export interface Author {
  /** The command: `init`, `deploy`. */
  command: string
  /** The person or the CI job. */
  person: string
  reason?: string
  /** Guards that would have refused and were allowed. */
  passed?: readonly string[]
  /** Tells this patch from every other: what it sets, and the operation's id. */
  about?: string
}

const longest = 200

/** `fakturino deploy by nina: new banking queue (allowed: too-many-services)`; a long reason is cut, what else stands there is not. */
export function patchMessage({ command, person, reason, passed = [], about }: Author): string {
  const words = `${patchMessagePrefix}${command} by ${person}`
  const end = [
    ...(about === undefined ? [] : [` (${about})`]),
    ...(passed.length === 0 ? [] : [` (allowed: ${passed.join(', ')})`]),
  ].join('')
  return `${clipped(reason === undefined ? words : `${words}: ${reason}`, Math.max(longest - end.length, words.length))}${end}`
}
