import { nearestWords } from '../../config/nearest.ts'
import { readEntries } from '../../journal/entries.ts'
import { history } from '../../journal/history.ts'
import { journalPath } from '../../journal/journal.ts'
import { isSince, timeline } from '../../journal/timeline.ts'
import { OperatorError } from '../../kit/errors.ts'
import { printable } from '../../kit/text.ts'
import { markOf } from '../../operations/read-status.ts'
import { badReleases } from '../../plan/bad-releases.ts'
import { operationNotes } from '../../plan/operation-notes.ts'
import { redactorOf, valuesIn, valuesRead } from '../../platform/redact.ts'
import { type CommandInput, isGiven, textOption } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { momentOption } from '../moment-option.ts'
import { observed } from '../observed.ts'

/** What is told where no `--since` says how far back. */
const mostItems = 50
/** Operations have several deployments each. */
const mostRows = 200

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const isMarkdown = isGiven(input, 'markdown')
  if (isMarkdown && context.options.json === true) throw twoForms()
  const since = momentOption(input, 'since', context.clock.now())
  if (since !== undefined && since > context.clock.now()) throw notYet()
  const service = textOption(input, 'service')
  const { state, config, isRehearsal } = await observed(context)
  const { platform } = await context.access()
  const { project, environment } = state
  const text = await context.files.readText(journalPath(context.stateDirectory, environment.id))
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
  const written = (past.patches ?? []).flatMap(({ config: patch }) => valuesIn(patch.reveal()))
  const safe = withoutSecrets(redactorOf([...valuesRead(state), ...written]))
  const operations = history(readEntries(text)).map(safe)
  const releases = operationNotes(state).releases.map(safe)
  const whole = timeline({
    operations,
    releases,
    patches: past.patches ?? [],
    deployments: past.deployments,
    serviceName: (id) => names.get(id),
  })
  if (service !== undefined) {
    const configured = config?.services ?? {}
    refuseStranger(service, [
      ...names.values(),
      ...Object.keys(configured),
      ...[...operations, ...whole].flatMap(({ services }) => services),
    ])
  }
  const items = whole
    // Older than what was read whole, something would be missing between them.
    .filter((item) => item.kind === 'operation' || Date.parse(item.at) >= completeSince)
    .filter((item) => since === undefined || isSince(item, since, operations))
    .filter(({ services }) => service === undefined || services.includes(service))
  const bad = badReleases(state).map(safe)
  const told = (since === undefined ? items.slice(0, mostItems) : items).map((item) => ({
    ...item,
    ...markOf(item.revision, bad),
  }))
  context.output.answer({
    type: 'history',
    project: project.name,
    environment: environment.name,
    isRehearsal,
    operations: operations
      .filter(({ ended, lastAt }) => since === undefined || Date.parse(ended ?? lastAt) >= since)
      .filter(({ services }) => service === undefined || services.includes(service))
      .map(({ lastAt: _, ...operation }) => operation),
    items: told,
    isDenied: past.patches === undefined,
    completeSince: toldFrom(past.completeSince, {
      since,
      cutAt: told.length < items.length ? told.at(-1)?.at : undefined,
    }),
    at: new Date(state.platformTime ?? context.clock.now()).toISOString(),
    isMarkdown,
  })
  return exitCodes.done.code
}

/** People write into a reason what they like, and a failure may repeat it. */
function withoutSecrets(redact: (text: string) => string) {
  return <Told extends { reason?: string; message?: string }>(told: Told): Told => ({
    ...told,
    ...(told.reason === undefined ? {} : { reason: redact(told.reason) }),
    ...(told.message === undefined ? {} : { message: redact(told.message) }),
  })
}

/** From when on nothing is missing, because it was not read or because it is left out; null where all of it is told. */
function toldFrom(
  readFrom: number | undefined,
  { since, cutAt }: { since: number | undefined; cutAt: string | undefined },
): string | null {
  if (cutAt !== undefined) return cutAt
  return readFrom === undefined || (since !== undefined && readFrom < since) ? null : new Date(readFrom).toISOString()
}

/** A name that nothing knows was mistyped: that nothing was done to it would be a wrong comfort. */
function refuseStranger(service: string, known: readonly string[]): void {
  if (known.includes(service)) return
  throw new OperatorError({
    kind: 'usage',
    code: 'unknown-service',
    message: `No service ${printable(service)} was ever seen here${nearestWords(service, [...new Set(known)])}.`,
    hint: 'Name it as it is called on the platform, or leave --service out.',
  })
}

function twoForms(): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: '--markdown and --json are two forms of one answer.',
    hint: 'Leave one of them out.',
  })
}

function notYet(): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: '--since is a time that has not come yet, so there is nothing to tell.',
    hint: 'Write a duration that counts back from now, as in 2h, or an earlier time.',
  })
}
