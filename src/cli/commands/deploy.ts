import { OperatorError } from '../../kit/errors.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { isUploaded } from '../../kit/uploaded-revision.ts'
import type { CodeToUpload } from '../../operations/code-to-upload.ts'
import { type DeployNeeds, deploy } from '../../operations/deploy.ts'
import type { Author } from '../../operations/patch-message.ts'
import type { Release } from '../../operations/release.ts'
import { surely } from '../../operations/sure-changes.ts'
import type { Undo } from '../../output/answers.ts'
import type { WantedCommit } from '../../plan/plan-deployments.ts'
import type { SavedPlan } from '../../plan/saved-plan.ts'
import { askedCommit } from '../asked-commit.ts'
import { type CommandInput, isGiven, textOption } from '../command.ts'
import { tellFindings } from '../config-findings.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { givenCode, uploadedServices, uploadingOf } from '../given-code.ts'
import { namedServices } from '../named-services.ts'
import { readPlanFile, refuseMissingSecrets } from '../plan-file.ts'
import { suppliedSecrets } from '../supplied-secrets.ts'
import { desiredBy, wantedEnvironment } from '../target.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  if (isGiven(input, 'autoRollback') && isGiven(input, 'detach')) throw nobodyWaits()
  const code = await givenCode(context, input)
  const saved = await readPlanFile(context, input)
  const loaded = await context.config()
  const { config } = loaded
  const commit =
    code === undefined
      ? (saved?.commit ?? askedCommit(textOption(input, 'commit'), config, context.variables))
      : ({ kind: 'given', commit: code.revision } as const)
  const named = namedServices(saved?.services ?? input.arguments, config)
  const services = code === undefined ? named : uploadedServices(named, config)
  const supplied = await suppliedSecrets(context, textOption(input, 'secretsFile'), config)
  if (saved !== undefined) refuseMissingSecrets(saved, supplied)
  await tellFindings(context, loaded, 'changing')
  const release = await deploy(
    {
      desiredFor: desiredBy(config),
      isSpelledOut: context.options.environment !== undefined,
      wanted: await wantedEnvironment(saved === undefined ? context : about(saved, context), 'changing', config),
      commit,
      ...(services.length === 0 ? {} : { services }),
      ...(saved === undefined ? {} : { saved }),
      supplied,
      author: author('deploy', context),
      allowed: context.options.allow,
      confirmed: context.options.confirmDestructive,
      isDetached: isGiven(input, 'detach'),
      takesLease: takesLease(context),
      isDryRun: context.options.dryRun ?? false,
      isAutoRollback: isGiven(input, 'autoRollback'),
    },
    { ...(await deployNeeds(context)), ...(code === undefined ? {} : { uploading: await uploadingOf(code, context) }) },
  )
  context.output.answer({
    type: 'deploy',
    release,
    undo: undoOf(release, context),
    ...(release.verdict === 'unknown' ? { next: nextAfterStart(release, named, commit, code, context) } : {}),
  })
  return exitCodes.done.code
}

function nobodyWaits(): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: '--auto-rollback has to see how the release ends, and --detach does not wait for that.',
    hint: 'Leave one of the two out.',
  })
}

/** The environment that a saved plan is of need not be named again, unless it is protected. */
function about({ environment }: SavedPlan, context: Context): Context {
  return { ...context, options: { ...context.options, environment } }
}

/** Everything that a command which deploys or restarts needs, from the context. The time that it may take is set here too. */
export async function deployNeeds(context: Context): Promise<DeployNeeds> {
  const { platform, probe, isRehearsal } = await context.access()
  const { report, approve, clock, random, signal, checkpoint } = context
  const timing = await context.timing()
  context.limit(timing.commandMs)
  return {
    platform: surely(platform, { clock, signal, timing }),
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
    journal: context.journal,
  }
}

/** Whoever takes a lease says why: the one who had it will ask. */
export function takesLease({ options }: Context): boolean {
  if (options.takeLease !== true || options.reason !== undefined) return options.takeLease ?? false
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: '--take-lease stops the command of somebody else, and nothing says why.',
    hint: 'Add --reason TEXT.',
  })
}

/** Who is at work, for the platform's history. */
export function author(command: string, { variables, options }: Context): Author {
  const person = variables.GITHUB_ACTOR || variables.USER || variables.USERNAME || 'somebody'
  return { command, person, ...(options.reason === undefined ? {} : { reason: options.reason }) }
}

/** Look whether what was started is live; then deploy what waits for it, at the same commit. */
function nextAfterStart(
  { environment, services, commit }: Release,
  named: readonly string[],
  asked: WantedCommit,
  code: CodeToUpload | undefined,
  { options }: Context,
): string[] {
  const status = followUp(`fakturino status -e ${shellWord(environment)}`, options)
  if (services.every(({ outcome }) => outcome !== 'waiting')) return [status]
  const words = ['fakturino deploy', ...named.map(shellWord), '-e', shellWord(environment)]
  // A first level of images has no commit; then the same question is asked again.
  if (code !== undefined) words.push(`--upload ${shellWord(code.directory)}`)
  else if (
    services.some((service) => service.outcome === 'started' && service.commit !== undefined) &&
    commit !== undefined
  )
    words.push(`--commit ${commit}`)
  else if (asked.kind !== 'running') words.push(`--commit ${asked.kind === 'given' ? asked.commit : 'latest'}`)
  return [status, followUp(words.join(' '), options)]
}

/** The command that brings the commit before back, and what it leaves as it is. */
export function undoOf({ environment, commit, previousCommit, previousIsKept }: Release, { options }: Context): Undo {
  if (previousCommit === undefined) return { note: 'There is no commit before this one to go back to.' }
  if (previousCommit === commit)
    return { note: 'The commit is the same as before; stored variables and settings stay as they are now.' }
  if (previousIsKept) {
    const command = `fakturino rollback services --to ${shellWord(previousCommit)} -e ${shellWord(environment)}`
    return {
      command: followUp(command, options),
      note: 'It starts the images of before again, with the variables they ran with. Stored variables and settings stay as they are now, and migrations are not undone.',
    }
  }
  if (isUploaded(previousCommit)) {
    return {
      note: 'What served before was uploaded from a directory, and no image of it is kept: only --upload brings it back.',
    }
  }
  return {
    command: followUp(`fakturino deploy -e ${shellWord(environment)} --commit ${previousCommit}`, options),
    note: 'It brings the code back. Variables and settings stay as they are now, and migrations are not undone.',
  }
}
