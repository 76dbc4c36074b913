import { flagName } from '../../config/guide-flags.ts'
import { nearestWords } from '../../config/nearest.ts'
import { OperatorError } from '../../kit/errors.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { printable } from '../../kit/text.ts'
import { checklistOf } from '../../operations/checklist.ts'
import { missingRequirements } from '../../operations/flag-requirements.ts'
import type { ShownFlag } from '../../output/answers.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { oneFlag } from '../named-flags.ts'
import { type FlagsSeen, observedFlags } from '../observed-flags.ts'

/** Everything about one flag. */
export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const typed = oneFlag(input)
  const seen = await observedFlags(context)
  const shown = shownFlag(typed, seen)
  const next =
    shown.validatedIn === undefined
      ? 'fakturino flags'
      : `fakturino flags validate ${shellWord(shown.flag)} -e ${shellWord(shown.validatedIn)}`
  context.output.answer({
    type: 'flag',
    shown,
    isRehearsal: seen.isRehearsal,
    next: followUp(next, context.options),
  })
  return exitCodes.done.code
}

function shownFlag(typed: string, { environments, states, desiredFor }: FlagsSeen): ShownFlag {
  const name = flagName(typed)
  const there = environments.flatMap((environment) => {
    const told = environment.flags.find(({ flag, variable }) => variable === typed || flag === name)
    return told === undefined ? [] : [{ environment: environment.environment, told, rollout: environment.rollout }]
  })
  const [first] = there
  if (first === undefined) {
    const known = environments.flatMap(({ flags }) => flags.map(({ flag }) => flag))
    throw new OperatorError({
      kind: 'usage',
      code: 'unknown-flag',
      message: `There is no flag ${printable(typed)}${nearestWords(name, [...new Set(known)])}.`,
      hint: 'To see them all, run: fakturino flags',
    })
  }
  const { flag, variable, default: standard, riskyValue } = first.told
  const desired = states.flatMap((state) => desiredFor(state.environment.name) ?? [])[0]
  const known = desired?.rollout.flags.find((one) => one.name === flag)
  const items = desired === undefined || known === undefined ? [] : checklistOf(desired.rollout, known)
  const validators = states.filter((state) => desiredFor(state.environment.name)?.environment.validates !== undefined)
  const validatedIn = validators[0]?.environment.name
  return {
    flag,
    variable,
    default: standard,
    riskyValue,
    isSafety: riskyValue === 'false',
    items: items.map(({ id, title, text, check }) => ({ id, title, text, isAutomatic: check !== undefined })),
    requires: known?.requires ?? { services: [], secrets: [], queues: [] },
    ...(validatedIn === undefined || known === undefined ? {} : { validatedIn }),
    environments: there.map(({ environment, told, rollout }) => {
      const state = states.find((one) => one.environment.name === environment)
      const wanted = desiredFor(environment)
      const missing =
        state === undefined || wanted === undefined || known === undefined
          ? []
          : missingRequirements(known, state, wanted)
      return { environment, ...told, missing, isUnderWay: rollout?.flags.some((one) => one.name === flag) ?? false }
    }),
  }
}
