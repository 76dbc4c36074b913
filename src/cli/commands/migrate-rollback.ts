import { OperatorError } from '../../kit/errors.ts'
import { type MigrateRollback, rollBackMigrations } from '../../operations/roll-back-migrations.ts'
import type { Undo } from '../../output/answers.ts'
import { type CommandInput, isGiven, textOption } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { author, takesLease } from './deploy.ts'
import { migrateNeeds, migrateRequest, reasonForNoBackup, wayBack } from './migrate.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const { migration: named = [] } = input.options
  const names = Array.isArray(named) ? named.filter((name) => typeof name === 'string') : []
  const step = stepOf(textOption(input, 'step'))
  if (step !== undefined && names.length > 0) throw saidTwice()
  const leaveOutBackup = reasonForNoBackup(context, input)
  const needs = await migrateNeeds(context)
  const { options } = context
  const rollback = await rollBackMigrations(
    {
      ...(await migrateRequest(context, input, 'changing')),
      ...(step === undefined ? {} : { step }),
      named: names,
      author: author('migrate', context),
      takesLease: takesLease(context),
      isDryRun: options.dryRun ?? false,
      isAnsweredAhead: options.yes ?? false,
      confirmed: options.confirmDestructive,
      takesNewBackup: isGiven(input, 'backup'),
      ...(leaveOutBackup === undefined ? {} : { leaveOutBackup }),
    },
    needs,
  )
  const undo = undoOf(rollback, context)
  const { isRehearsal } = needs
  context.output.answer({
    type: 'migrate',
    act: 'rollback',
    rollback,
    isRehearsal,
    ...(undo === undefined ? {} : { undo }),
  })
  return exitCodes.done.code
}

function stepOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: '--step takes how many migrations to undo, a number from 1 on.',
    hint: 'Leave it out for the whole last batch.',
  })
}

function saidTwice(): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: '--step and --migration both say which migrations to undo.',
    hint: 'Leave one of the two out.',
  })
}

function undoOf({ done, environment }: MigrateRollback, context: Context): Undo | undefined {
  if (done.length === 0) return undefined
  return {
    command: wayBack(['fakturino migrate up'], environment, context),
    note: 'It runs what is pending then, as one batch. Data that was thrown away comes from a backup only.',
  }
}
