import { listed } from '../../kit/text.ts'
import { type Change, subjectOf } from '../plan.ts'
import type { Guard } from './guard.ts'

/** What a destructive change is called on the command line: `api.OLD_VARIABLE`. */
export function destructiveName(change: Change): string {
  return [change.service, change.variable ?? change.setting].filter((part) => part !== undefined).join('.')
}

export const destructiveChange: Guard = {
  name: 'destructive',
  isOverridable: false,
  refuses: 'something that is there would be removed and was not named with --confirm-destructive',
  judge({ plan, confirmed }) {
    const unconfirmed = plan.changes.filter(
      (change) => change.severity === 'destructive' && !confirmed.includes(destructiveName(change)),
    )
    if (unconfirmed.length === 0) return undefined
    return {
      code: 'destructive',
      severity: 'critical',
      subject: plan.environment,
      message: `The plan removes ${listed(unconfirmed.map(subjectOf))}. What is removed cannot be read back.`,
      fix: `Name each: ${unconfirmed.map((change) => `--confirm-destructive ${destructiveName(change)}`).join(' ')}`,
    }
  },
}
