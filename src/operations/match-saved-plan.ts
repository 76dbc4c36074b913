import { OperatorError } from '../kit/errors.ts'
import { listed, printable } from '../kit/text.ts'
import { movedSinceSaved, type SavedPlan } from '../plan/saved-plan.ts'
import type { PlannedEnvironment } from './plan-environment.ts'

/** Refuses unless what was planned just now is what was saved. */
export function matchSavedPlan(
  saved: SavedPlan,
  { plan, observed }: Pick<PlannedEnvironment, 'plan' | 'observed'>,
  isRehearsal: boolean,
): void {
  if (saved.isRehearsal !== isRehearsal) {
    const [made, here] = isRehearsal ? ['Railway', 'a rehearsal'] : ['a rehearsal', 'Railway']
    throw elsewhere(`The plan was saved for ${made}, and this command talks to ${here}.`)
  }
  if (saved.project !== plan.project) {
    throw elsewhere(`The plan was saved for project ${printable(saved.project)}, and this is ${plan.project}.`)
  }
  const moved = movedSinceSaved(saved, plan, observed)
  if (moved === undefined) return
  const { environment } = plan
  const what = moved.isSameState ? 'What would be done now' : environment
  const places = moved.places.length === 0 ? '' : `: ${listed(moved.places.map(printable))}`
  throw new OperatorError({
    kind: 'refused',
    code: 'moved',
    message: `${what} is not as it was when the plan was saved${places}. Nothing was changed.`,
    hint: `Look at it again and save it anew: fakturino plan -e ${environment} --out FILE`,
  })
}

function elsewhere(message: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'saved-plan-elsewhere',
    message: `${message} Nothing was changed.`,
    hint: 'Apply it where it was made for, or save a plan of what this command is about.',
  })
}
