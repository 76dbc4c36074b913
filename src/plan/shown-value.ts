import { holdsReference } from '../config/expressions.ts'
import { clipped } from '../kit/text.ts'

/** What the config says in clear text may be shown; it is in the repository anyway. */
export function shownDesired(value: string): string {
  return clipped(value, 200)
}

const word = /^[a-z]{1,16}$/

/**
 * A value that is there and that we did not write may be anything, a password too. Only what cannot be one is shown: a lone
 * reference, a switch, a small number, and a lower-case word where the config wants a word as well. Everything else reads
 * `(hidden)`.
 */
export function shownObserved(value: string, wanted = ''): string {
  if (value === '') return '(empty)'
  if (/^(true|false|null|\d{1,5})$/i.test(value)) return value
  if (word.test(value) && word.test(wanted)) return value
  if (holdsReference(value) && /^(https?:\/\/)?\$\{\{[^{}]+\}\}(:\d+)?$/.test(value)) return clipped(value, 200)
  return '(hidden)'
}

/**
 * The same for a command: shown when it is a program's name and nothing more than words of the wanted command, spelled-out
 * switches, and variables of the environment. An argument of any other kind may be a password, and hides the whole.
 */
export function shownCommand(command: string, wanted = ''): string {
  const known = new Set(wanted.split(/\s+/))
  const isHarmless = command.split(' ; ').every((one) =>
    one
      .trim()
      .split(/\s+/)
      .every(
        (part, nth) =>
          known.has(part) ||
          (nth === 0 ? /^[a-z][a-z-]{0,31}$/.test(part) : /^(--[a-z]+(-[a-z]+)*|\$[A-Z_]+|\$\{[A-Z_]+\})$/.test(part)),
      ),
  )
  return isHarmless ? clipped(command, 200) : '(hidden)'
}
