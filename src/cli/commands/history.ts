import { readEntries } from '../../journal/entries.ts'
import { history } from '../../journal/history.ts'
import { journalPath } from '../../journal/journal.ts'
import { notThere, observeEnvironment } from '../../operations/observe-environment.ts'
import { type CommandInput, textOption } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { momentOption } from '../moment-option.ts'
import { wantedEnvironment } from '../target.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const since = momentOption(input, 'since', context.clock.now()) ?? Number.NEGATIVE_INFINITY
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
