import { type MigrateUp, migrateUp } from '../../operations/migrate-up.ts'
import type { Undo } from '../../output/answers.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { author, takesLease } from './deploy.ts'
import { migrateNeeds, migrateRequest, reasonForNoBackup, wayBack } from './migrate.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const leaveOutBackup = reasonForNoBackup(context, input)
  const needs = await migrateNeeds(context)
  const up = await migrateUp(
    {
      ...(await migrateRequest(context, input, 'changing')),
      author: author('migrate', context),
      takesLease: takesLease(context),
      isDryRun: context.options.dryRun ?? false,
      ...(leaveOutBackup === undefined ? {} : { leaveOutBackup }),
    },
    needs,
  )
  const undo = undoOf(up, context)
  const { isRehearsal } = needs
  context.output.answer({ type: 'migrate', act: 'up', up, isRehearsal, ...(undo === undefined ? {} : { undo }) })
  return exitCodes.done.code
}

/** So many as were done are the whole last batch; where somebody migrates after this, it is refused instead of taking theirs too. */
function undoOf({ done, environment }: MigrateUp, context: Context): Undo | undefined {
  if (done.length === 0) return undefined
  return {
    command: wayBack(['fakturino migrate rollback', '--step', String(done.length)], environment, context),
    note: 'It undoes what was done here, and refuses where a migration has no way back. Data that a migration threw away comes from a backup only.',
  }
}
