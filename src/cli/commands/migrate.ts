import { join } from 'node:path'
import type { FakturinoConfig } from '../../config/fakturino-config.ts'
import type { MigrationPlace } from '../../config/migration-place.ts'
import { forgivingJournal } from '../../journal/forgiving-journal.ts'
import { OperatorError } from '../../kit/errors.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { redactByShape } from '../../logs/redact-by-shape.ts'
import type { MigrateNeeds } from '../../operations/migrate-needs.ts'
import type { MigrateRequest } from '../../operations/migrate-site.ts'
import { railwayCli } from '../../platform/railway-cli.ts'
import { type CommandInput, textOption } from '../command.ts'
import type { Context } from '../context.ts'
import { followUp } from '../follow-up.ts'
import { createPrintedLines } from '../printed-lines.ts'
import { desiredWhere, type Purpose, wantedEnvironment } from '../target.ts'
import { deployNeeds } from './deploy.ts'

/** What the four share: whose migrations, and where they run. */
export async function migrateRequest(context: Context, input: CommandInput, purpose: Purpose): Promise<MigrateRequest> {
  const config: FakturinoConfig | undefined = (await context.configIfReadable())?.config
  const service = textOption(input, 'service')
  const place = placeOf(textOption(input, 'place'))
  return {
    wanted: await wantedEnvironment(context, purpose, config),
    desiredFor: desiredWhere(config),
    isSpelledOut: context.options.environment !== undefined,
    ...(service === undefined ? {} : { service }),
    ...(place === undefined ? {} : { place }),
  }
}

/** Commander has refused every other word. */
function placeOf(text: string | undefined): MigrationPlace | undefined {
  return text === 'pre-deploy' || text === 'ssh' || text === 'run' ? text : undefined
}

export async function migrateNeeds(context: Context): Promise<MigrateNeeds> {
  const { credential, standIn, redact } = await context.access()
  const { variables, machine, doors, files } = context
  const needs = await deployNeeds(context)
  const withoutSecrets = (text: string) => redactByShape(redact(text))
  const directory = machine.cwd()
  return {
    ...needs,
    // At night, on a full disk, it has to work too.
    journal: forgivingJournal(needs.journal, (problem) => context.output.notice(problem)),
    openCli: (way) => railwayCli({ credential, variables, standIn, execPath: machine.execPath }, way),
    runProcess: doors.runProcess,
    redact: withoutSecrets,
    readLines: (tell) => createPrintedLines(withoutSecrets, tell),
    here: { directory, hasArtisan: async () => (await files.readText(join(directory, 'artisan'))) !== undefined },
  }
}

/** Why no backup is taken; whoever leaves one out says so. */
export function reasonForNoBackup({ options }: Context, input: CommandInput): string | undefined {
  if (input.options.backup !== false) return undefined
  if (options.reason !== undefined) return options.reason
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: '--no-backup changes a database that nothing can bring back, and nothing says why.',
    hint: 'Add --reason TEXT.',
  })
}

/** A command of the way back, as it has to be typed. */
export function wayBack(words: readonly string[], environment: string, { options }: Context): string {
  return followUp([...words, '-e', shellWord(environment)].join(' '), options)
}
