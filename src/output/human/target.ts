import { printable } from '../../kit/text.ts'
import type { Style } from '../style.ts'
import { paragraph } from './paragraph.ts'

/** The first line of everything: which project, which environment, and whether it is real. */
export function renderTarget(
  target: { project: string; environment: string; isRehearsal: boolean; isProtected?: boolean },
  { style, columns }: { style: Style; columns: number },
): string {
  const place = `Project ${style.heading(printable(target.project))}, environment ${style.heading(printable(target.environment))}`
  const kind = target.isRehearsal
    ? style.caution('REHEARSAL')
    : target.isProtected
      ? style.bad('REAL, protected')
      : 'real'
  return paragraph(`${place} (${kind})`, columns)
}
