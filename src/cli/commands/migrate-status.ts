import { showMigrations } from '../../operations/show-migrations.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { migrateNeeds, migrateRequest } from './migrate.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const needs = await migrateNeeds(context)
  const status = await showMigrations(await migrateRequest(context, input, 'looking'), needs)
  context.output.answer({ type: 'migrate', act: 'status', status, isRehearsal: needs.isRehearsal })
  return exitCodes.done.code
}
