import { forgivingJournal } from '../../journal/forgiving-journal.ts'
import { restart } from '../../operations/restart.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { desiredWhere, wantedEnvironment } from '../target.ts'
import { author, deployNeeds } from './deploy.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const config = (await context.configIfReadable())?.config
  const needs = await deployNeeds(context)
  const restarted = await restart(
    {
      wanted: await wantedEnvironment(context, 'changing', config),
      desiredFor: desiredWhere(config),
      isSpelledOut: context.options.environment !== undefined,
      services: input.arguments,
      author: author('restart', context),
    },
    // A wedged process is restarted without a config too, and then with the waits that hold where none says otherwise; and where
    // nothing can be written down, too.
    { ...needs, journal: forgivingJournal(needs.journal, (problem) => context.output.notice(problem)) },
  )
  context.output.answer({ type: 'restart', restart: restarted })
  return exitCodes.done.code
}
