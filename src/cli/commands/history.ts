import { readEntries } from '../../journal/entries.ts'
import { history } from '../../journal/history.ts'
import { journalPath } from '../../journal/journal.ts'
import { isSince, timeline } from '../../journal/timeline.ts'
import { OperatorError } from '../../kit/errors.ts'
import { notThere, observeEnvironment } from '../../operations/observe-environment.ts'
import { operationNotes } from '../../plan/operation-notes.ts'
import { type CommandInput, isGiven, textOption } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { momentOption } from '../moment-option.ts'
import { wantedEnvironment } from '../target.ts'

/** What is told where no `--since` says how far back. */
const mostItems = 50
/** Operations have several deployments each. */
const mostRows = 200

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const isMarkdown = isGiven(input, 'markdown')
  if (isMarkdown && context.options.json === true) throw twoForms()
  const since = momentOption(input, 'since', context.clock.now())
  const service = textOption(input, 'service')
  const config = (await context.configIfReadable())?.config
  const { platform, isRehearsal } = await context.access()
  const wanted = await wantedEnvironment(context, 'looking', config)
  const found = await observeEnvironment(wanted, { platform, knownIds: await context.knownIds() })
  if (found.kind === 'missing') {
    throw notThere({ name: wanted.project.name, exists: found.project !== undefined }, wanted.environment.name ?? '')
  }
  const { state } = found
  const { project, environment } = state
  const text = await context.files.readText(journalPath(context.stateDirectory, environment.id))
  const operations = history(readEntries(text))
  const past = await platform.readPast({
    environmentId: environment.id,
    ...(since === undefined ? {} : { since }),
    most: mostRows,
    withPatches: state.denied?.includes('patches') !== true,
  })
  const names = new Map<string, string>(
    [...state.services, ...state.servicesElsewhere].map(({ id, name }) => [id, name]),
  )
  const { completeSince = Number.NEGATIVE_INFINITY } = past
  const { releases } = operationNotes(state)
  const items = timeline({
    operations,
    releases,
    patches: past.patches ?? [],
    deployments: past.deployments,
    serviceName: (id) => names.get(id),
  })
    // Older than what was read whole, something would be missing between them.
    .filter((item) => item.kind === 'operation' || Date.parse(item.at) >= completeSince)
    .filter((item) => since === undefined || isSince(item, since))
    .filter(({ services }) => service === undefined || services.includes(service))
  context.output.answer({
    type: 'history',
    project: project.name,
    environment: environment.name,
    isRehearsal,
    operations: operations
      .filter(({ began }) => since === undefined || Date.parse(began) >= since)
      .filter(({ services }) => service === undefined || services.includes(service)),
    items: since === undefined ? items.slice(0, mostItems) : items,
    isDenied: past.patches === undefined,
    completeSince:
      past.completeSince === undefined || (since !== undefined && past.completeSince < since)
        ? null
        : new Date(past.completeSince).toISOString(),
    at: new Date(state.platformTime ?? context.clock.now()).toISOString(),
    isMarkdown,
  })
  return exitCodes.done.code
}

function twoForms(): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: '--markdown and --json are two forms of one answer.',
    hint: 'Leave one of them out.',
  })
}
