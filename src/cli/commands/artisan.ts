import { forgivingJournal } from '../../journal/forgiving-journal.ts'
import { OperatorError } from '../../kit/errors.ts'
import type { PrintedStream } from '../../kit/run-process.ts'
import { redactByShape } from '../../logs/redact-by-shape.ts'
import { judgeArtisan } from '../../operations/artisan-command.ts'
import { runArtisan } from '../../operations/run-artisan.ts'
import { railwayCli } from '../../platform/railway-cli.ts'
import { type CommandInput, textOption } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { createPrintedLines } from '../printed-lines.ts'
import { desiredWhere, wantedEnvironment } from '../target.ts'
import { author, deployNeeds, takesLease } from './deploy.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const { options, output, doors } = context
  const words = input.arguments
  if (words.length === 0) throw nothingToRun()
  const command = judgeArtisan(words)
  const { credential, standIn, redact } = await context.access()
  const { variables, machine } = context
  const cli = railwayCli({ credential, variables, standIn, execPath: machine.execPath }, 'ssh')
  const config = (await context.configIfReadable())?.config
  const needs = await deployNeeds(context)
  const service = textOption(input, 'service')
  const withoutSecrets = (text: string) => redactByShape(redact(text))
  const lines = createPrintedLines(withoutSecrets, output.print)
  const artisan = await runArtisan(
    {
      wanted: await wantedEnvironment(context, command.changes ? 'changing' : 'looking', config),
      desiredFor: desiredWhere(config),
      isSpelledOut: options.environment !== undefined,
      ...(service === undefined ? {} : { service }),
      command,
      words,
      author: author('artisan', context),
      takesLease: takesLease(context),
      isDryRun: options.dryRun ?? false,
    },
    {
      ...needs,
      journal: forgivingJournal(needs.journal, (problem) => output.notice(problem)),
      cli,
      redact: withoutSecrets,
      runProcess: (request) => doors.runProcess(request).finally(() => lines.end()),
      tell: (stream: PrintedStream, text: string) => lines.take(stream, text),
    },
  )
  output.answer({ type: 'artisan', artisan, isRehearsal: needs.isRehearsal })
  return artisan.remoteExitCode === 0 || artisan.isDryRun === true ? exitCodes.done.code : exitCodes.failed.code
}

function nothingToRun(): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: 'Nothing says what artisan is to run.',
    hint: 'Write it behind two dashes, as in: fakturino artisan -- migrate:status',
  })
}
