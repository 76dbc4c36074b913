import { durationMs, isDuration } from '../../config/quantities.ts'
import { readEntries } from '../../journal/entries.ts'
import { history } from '../../journal/history.ts'
import { journalPath } from '../../journal/journal.ts'
import { OperatorError } from '../../kit/errors.ts'
import { printable } from '../../kit/text.ts'
import { notThere, observeEnvironment } from '../../operations/observe-environment.ts'
import { type CommandInput, textOption } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { wantedEnvironment } from '../target.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const since = sinceMs(textOption(input, 'since'), context.clock.now())
  const service = textOption(input, 'service')
  const config = (await context.configIfReadable())?.config
  const { platform, isRehearsal } = await context.access()
  const wanted = await wantedEnvironment(context, 'looking', config)
  const found = await observeEnvironment(wanted, { platform, knownIds: await context.knownIds() })
  if (found.kind === 'missing') {
    throw notThere({ name: wanted.project.name, exists: found.project !== undefined }, wanted.environment.name ?? '')
  }
  const { project, environment } = found.state
  const text = await context.files.readText(journalPath(context.stateDirectory, environment.id))
  const operations = history(readEntries(text))
    .filter(({ began }) => Date.parse(began) >= since)
    .filter(({ services }) => service === undefined || services.includes(service))
  context.output.answer({
    type: 'history',
    project: project.name,
    environment: environment.name,
    isRehearsal,
    operations,
  })
  return exitCodes.done.code
}

/** A duration counts back from now; anything else is an instant. */
function sinceMs(given: string | undefined, now: number): number {
  if (given === undefined) return Number.NEGATIVE_INFINITY
  const instant = isDuration(given) ? now - durationMs(given) : Date.parse(given)
  if (!Number.isNaN(instant)) return instant
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--since ${printable(given)} is neither a duration nor a time.`,
    hint: 'Write a number and a unit, as in 90m or 2h, or a time as in 2026-11-03T09:00:00Z.',
  })
}
