import type { FakturinoConfig } from '../../config/fakturino-config.ts'
import { nearestWords } from '../../config/nearest.ts'
import { OperatorError } from '../../kit/errors.ts'
import { type DeployNeeds, deploy, type Release } from '../../operations/deploy.ts'
import type { Author } from '../../operations/patch-message.ts'
import type { Undo } from '../../output/answers.ts'
import { askedCommit } from '../asked-commit.ts'
import { type CommandInput, textOption } from '../command.ts'
import { tellFindings } from '../config-findings.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp, shellWord } from '../follow-up.ts'
import { suppliedSecrets } from '../supplied-secrets.ts'
import { desiredBy, wantedEnvironment } from '../target.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const loaded = await context.config()
  const { config } = loaded
  const commit = askedCommit(textOption(input, 'commit'), config, context.variables)
  const services = namedServices(input.arguments, config)
  const supplied = await suppliedSecrets(context, textOption(input, 'secretsFile'), config)
  await tellFindings(context, loaded, 'changing')
  const release = await deploy(
    {
      desiredFor: desiredBy(config),
      isSpelledOut: context.options.environment !== undefined,
      wanted: await wantedEnvironment(context, 'changing', config),
      commit,
      ...(services.length === 0 ? {} : { services }),
      supplied,
      author: author('deploy', context),
      allowed: context.options.allow,
      confirmed: context.options.confirmDestructive,
    },
    await deployNeeds(context),
  )
  context.output.answer({ type: 'deploy', release, undo: undoOf(release, context) })
  return exitCodes.done.code
}

/** Everything that `deploy` needs, from the context; its time counts from here on. */
export async function deployNeeds(context: Context): Promise<DeployNeeds> {
  const { platform, probe, isRehearsal } = await context.access()
  const { report, approve, clock, random, signal, checkpoint } = context
  const timing = await context.timing()
  context.limit(timing.commandMs)
  return {
    platform,
    probe,
    isRehearsal,
    timing,
    knownIds: await context.knownIds(),
    report,
    approve,
    clock,
    random,
    signal,
    checkpoint,
  }
}

/** Who is at work, for the platform's history. */
export function author(command: string, { variables, options }: Context): Author {
  const person = variables.GITHUB_ACTOR || variables.USER || variables.USERNAME || 'somebody'
  return { command, person, ...(options.reason === undefined ? {} : { reason: options.reason }) }
}

/** The command that brings the commit before back, and what it leaves as it is. */
export function undoOf({ environment, commit, previousCommit }: Release, { options }: Context): Undo {
  if (previousCommit === undefined) return { note: 'There is no commit before this one to go back to.' }
  if (previousCommit === commit)
    return { note: 'The commit is the same as before; stored variables and settings stay as they are now.' }
  return {
    command: followUp(`fakturino deploy -e ${shellWord(environment)} --commit ${previousCommit}`, options),
    note: 'It brings the code back. Variables and settings stay as they are now, and migrations are not undone.',
  }
}

function namedServices(names: readonly string[], config: FakturinoConfig): string[] {
  const known = Object.keys(config.services)
  const stranger = names.find((name) => !known.includes(name))
  if (stranger !== undefined) {
    throw new OperatorError({
      kind: 'usage',
      code: 'unknown-service',
      message: `The config has no service ${stranger}${nearestWords(stranger, known)}.`,
      hint: 'Name services as the config does, or none for all of them.',
    })
  }
  const pending = names.find((name) => {
    const service = config.services[name]
    return service?.kind === 'app' && service.status === 'pending'
  })
  if (pending !== undefined) {
    throw new OperatorError({
      kind: 'usage',
      code: 'service-pending',
      message: `${pending} is pending in the config: it is not built yet, so it is not deployed.`,
      hint: 'Name other services, or none.',
    })
  }
  return [...names]
}
