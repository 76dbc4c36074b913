import { forgivingJournal } from '../../journal/forgiving-journal.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { type SwitchedOff, switchOffFlag } from '../../operations/switch-off-flag.ts'
import type { Undo } from '../../output/answers.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { oneFlag } from '../named-flags.ts'
import { desiredWhere, wantedEnvironment } from '../target.ts'
import { author, deployNeeds } from './deploy.ts'

/** The way out of a feature; also as `rollback flag`. */
export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const { confirm = [] } = input.options
  await switchOff(oneFlag(input), Array.isArray(confirm) ? confirm.map(String) : [], context)
  return exitCodes.done.code
}

/** Switches one flag off and tells it. */
export async function switchOff(flag: string, confirmed: readonly string[], context: Context): Promise<void> {
  // At night, with a config that does not load or a disk that is full, it has to work too.
  const config = (await context.configIfReadable())?.config
  const needs = await deployNeeds(context)
  const off = await switchOffFlag(
    {
      flag,
      confirmed,
      wanted: await wantedEnvironment(context, 'changing', config),
      desiredFor: desiredWhere(config),
      isSpelledOut: context.options.environment !== undefined,
      author: author('flags', context),
    },
    { ...needs, journal: forgivingJournal(needs.journal, (problem) => context.output.notice(problem)) },
  )
  context.output.answer({ type: 'flag-off', off, undo: undoOf(off, context) })
}

function undoOf({ services, flag, environment }: SwitchedOff, { options }: Context): Undo {
  const wasOn = services.some(({ before }) => before === 'true')
  if (!wasOn) return { note: 'It was not stored as on anywhere, so there is nothing to switch on again.' }
  return {
    command: followUp(`fakturino flags on ${shellWord(flag)} -e ${shellWord(environment)}`, options),
    note: 'That goes through every gate again. What the feature did while it was on stays: data, queued jobs, other flags, code and migrations.',
  }
}
