import { OperatorError } from '../../kit/errors.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { listed, printable, shortCommit } from '../../kit/text.ts'
import { type LookBack, lookBack } from '../../operations/look-back.ts'
import { rollBackServices } from '../../operations/roll-back-services.ts'
import type { Choice } from '../../output/ask.ts'
import { flagStates } from '../../plan/flag-states.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { observed } from '../observed.ts'
import { switchOff } from './flags-off.ts'
import { askedRollback, run as runServices, tellRollback } from './rollback-services.ts'

type Hurt = 'release' | 'migration' | 'nothing' | `flag ${string}`

/** Without anybody to ask, the release is meant: that is what a script wants at night. */
export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const { options, output } = context
  if (!context.canAsk || options.yes === true) return runServices(context, input)
  const { request, needs } = await askedRollback(context, input)
  const found = await lookBack(request, needs).catch(whyNot)
  output.close()
  const hurts = await context.ask.choose('What hurts?', choices(found, await featuresOn(found, context)))
  if (hurts.startsWith('flag ')) {
    await switchOff(hurts.slice('flag '.length), [], context)
    return exitCodes.done.code
  }
  if (hurts === 'release' && !(found instanceof OperatorError)) {
    tellRollback(await rollBackServices(request, needs, found), context)
    return exitCodes.done.code
  }
  const environment = found instanceof OperatorError ? options.environment : found.state.environment.name
  const where = environment === undefined ? '' : ` -e ${shellWord(environment)}`
  const command = hurts === 'migration' ? 'fakturino migrate rollback' : 'fakturino status'
  output.answer({
    type: 'rollback-left',
    hurts: hurts === 'migration' ? 'migration' : 'nothing',
    next: followUp(`${command}${where}`, options),
  })
  return exitCodes.done.code
}

/** Nothing to go back to is no reason not to ask: it may be a migration. */
function whyNot(error: unknown): OperatorError {
  const isAnswer =
    error instanceof OperatorError && (error.code === 'no-earlier-release' || error.code === 'nothing-active')
  if (isAnswer) return error
  throw error
}

/** Features that are on and can be switched off, what was switched last first. */
async function featuresOn(found: LookBack | OperatorError, context: Context): Promise<string[]> {
  const { state, desired } = found instanceof OperatorError ? await observed(context) : found
  const changedAt = (variable: string) =>
    state.patches?.findIndex(({ config }) =>
      Object.values(config.reveal().services ?? {}).some((service) => service?.variables?.[variable] !== undefined),
    ) ?? -1
  return flagStates(state, desired, undefined)
    .filter(({ riskyValue, services }) => riskyValue === 'true' && services.some(({ stored }) => stored === 'true'))
    .map(({ flag, variable }) => ({ flag, at: changedAt(variable) }))
    .sort((one, other) => (one.at === -1 ? 1 : other.at === -1 ? -1 : one.at - other.at))
    .map(({ flag }) => flag)
}

/** The cheapest safe way first: a feature goes off without a build of anything, and nothing else changes. */
function choices(found: LookBack | OperatorError, features: readonly string[]): Choice<Hurt>[] {
  return [
    ...features.map(
      (flag): Choice<Hurt> => ({
        value: `flag ${flag}`,
        name: `the feature ${printable(flag)}: switched off for all services at once, and nothing else changes`,
      }),
    ),
    {
      value: 'release',
      ...(found instanceof OperatorError
        ? { name: 'the release', unavailable: printable(found.message) }
        : { name: `the release: ${printable(toldWay(found))}` }),
    },
    { value: 'migration', name: 'a migration: artisan undoes it, and what runs stays' },
    { value: 'nothing', name: 'nothing: leave everything as it is' },
  ]
}

function toldWay({ steps, target: { release } }: LookBack): string {
  const commit = shortCommit(release.commit)
  const of = (isIt: (kind: string) => boolean) =>
    steps.filter(({ way }) => isIt(way.kind)).map(({ observed }) => observed.name)
  const moved = of((kind) => kind !== 'stays')
  if (moved.length === 0) return `everything serves ${commit} already`
  const gone = of((kind) => kind === 'image-gone' || kind === 'never-deployed')
  const how = gone.length === 0 ? 'without a build' : `${listed(gone)} without a kept image`
  return `${listed(moved)} go back to ${commit}, ${how}`
}
