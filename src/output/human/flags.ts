import { count, listed, printable } from '../../kit/text.ts'
import type { RolledOut } from '../../operations/roll-out-flags.ts'
import type { SwitchedOff } from '../../operations/switch-off-flag.ts'
import type { Undo } from '../answers.ts'
import type { Style } from '../style.ts'
import { duration } from './duration.ts'
import { renderUndo } from './endings.ts'
import { paragraph } from './paragraph.ts'

interface Layout {
  style: Style
  columns: number
}

/** The end of `flags off`. */
export function renderFlagOff(off: SwitchedOff, undo: Undo, layout: Layout): string {
  const { style, columns } = layout
  if (off.isDryRun) return `${style.sign.none} Dry run: nothing was changed.\n`
  const again = off.services.filter(({ outcome }) => outcome === 'deployed').map(({ name }) => printable(name))
  if (again.length === 0) {
    const text = `${off.flag} is off in ${off.environment} already, stored and running; nothing was changed.`
    return `${paragraph(printable(text), columns, `${style.sign.good} `, 2)}\n`
  }
  const text = `${off.flag} is off in ${off.environment} after ${duration(off.elapsedMs)}: stored for ${listed(off.services.map(({ name }) => name))}; ${listed(again)} ${again.length === 1 ? 'runs' : 'run'} with it.`
  return `${paragraph(printable(text), columns, `${style.sign.good} `, 2)}\n${renderUndo(undo, layout)}`
}

/** The end of `flags set`, `on` and `resume`, where it holds. */
export function renderRolledOut(rolledOut: RolledOut, undo: Undo, layout: Layout): string {
  const { style, columns } = layout
  const { environment, flags, services, soak, verdict, elapsedMs } = rolledOut
  if (rolledOut.isDryRun) return `${style.sign.none} Dry run: nothing was changed.\n`
  const values = listed(flags.map(({ name, value }) => `${name} is ${value}`))
  const deployed = services.filter(({ outcome }) => outcome === 'deployed').map(({ name }) => name)
  if (deployed.length === 0 && soak === null) {
    const text = `${values} in ${environment} already, stored and running; nothing was changed.`
    return `${paragraph(printable(text), columns, `${style.sign.good} `, 2)}\n`
  }
  const shown = flags
    .filter(({ effect }) => effect !== 'unknown')
    .map(({ name, effect }) => `${name} shows as ${effect}`)
  const watched =
    soak === null
      ? 'nobody watched whether it holds'
      : `it held for ${duration(soak.durationMs)}, ${count(soak.samples, 'sample')}`
  const text = `${values} in ${environment} after ${duration(elapsedMs)}; ${[watched, ...shown].join('; ')}.`
  const sign = verdict === 'pass' ? style.sign.good : style.sign.caution
  return `${paragraph(printable(text), columns, `${sign} `, 2)}\n${renderUndo(undo, layout)}`
}
