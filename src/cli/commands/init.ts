import { join } from 'node:path'
import { desiredState } from '../../config/desired-state.ts'
import type { FakturinoConfig } from '../../config/fakturino-config.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { OperatorError } from '../../kit/errors.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { type DeployNeeds, deploy } from '../../operations/deploy.ts'
import { setUp } from '../../operations/set-up.ts'
import type { ToldRelease } from '../../output/answers.ts'
import { type CommandInput, isGiven, textOption } from '../command.ts'
import { tellFindings } from '../config-findings.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { suppliedSecrets } from '../supplied-secrets.ts'
import { desiredBy, wantedProject } from '../target.ts'
import { author, deployNeeds, takesLease, undoOf } from './deploy.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  if (context.options.environment !== undefined) throw oneEnvironment(context.options.environment)
  const { credential } = await context.access()
  if (credential.kind === 'project') throw projectToken()
  const isNew = await writeStarter(context)
  const loaded = await context.config()
  const supplied = await suppliedSecrets(context, textOption(input, 'secretsFile'), loaded.config)
  await tellFindings(context, loaded, 'changing')
  const needs = await deployNeeds(context)
  const environments = leastProtectedFirst(loaded.config)
  const { options } = context
  const result = await setUp(
    {
      desired: environments.map((name) => desiredState(loaded.config, name)),
      wanted: {
        project: wantedProject(context, loaded.config),
        ...(options.workspace === undefined ? {} : { workspace: options.workspace }),
      },
      supplied,
      author: author('init', context),
      allowed: options.allow,
      confirmed: options.confirmDestructive,
      takesLease: takesLease(context),
      isDryRun: options.dryRun ?? false,
    },
    needs,
  )
  const releases = (await isDeployWanted(context, input, environments))
    ? await deployAll(context, loaded, environments, needs)
    : []
  context.output.answer({
    type: 'init',
    setUp: result,
    config: { path: loaded.path, isNew },
    releases,
    next: nextCommands(context, environments, releases),
  })
  return exitCodes.done.code
}

/** Whoever names one environment does not expect the others, a protected one among them, to be touched. */
function oneEnvironment(named: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: 'init sets up every environment of the config, and -e names one.',
    hint: `Leave -e out; or, to store and deploy one environment that is set up, run: fakturino deploy -e ${shellWord(named)}`,
  })
}

function projectToken(): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: 'init makes a project and its environments, and a project token (RAILWAY_TOKEN) may not.',
    hint: 'Unset RAILWAY_TOKEN and set RAILWAY_API_TOKEN to an account or workspace token.',
  })
}

/** Without a config, the one that ships with the program is the beginning: the deployment guide, whole. */
async function writeStarter(context: Context): Promise<boolean> {
  if (context.options.config !== undefined || context.options.dryRun) return false
  try {
    await context.findConfig()
    return false
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== 'config-not-found') throw error
  }
  const starter = await context.files.readText(context.doors.shippedConfig)
  if (starter === undefined) throw new Error('the shipped config is missing from the package')
  const path = join(context.machine.cwd(), 'fakturino.config.ts')
  await context.files.writeText(path, starter, 0o644)
  context.output.notice(`Wrote ${path}: the deployment guide as a config. Commit it; it is yours to change.`)
  return true
}

/** The order of work: what goes wrong goes wrong where it hurts least. */
function leastProtectedFirst({ environments }: FakturinoConfig): string[] {
  return Object.entries(environments)
    .sort(([, one], [, other]) => Number(one.protected ?? false) - Number(other.protected ?? false))
    .map(([name]) => name)
}

/** `--deploy` says so; else a person at a terminal is asked, and nobody else is. */
async function isDeployWanted(context: Context, input: CommandInput, environments: string[]): Promise<boolean> {
  if (context.options.dryRun) return false
  if (isGiven(input, 'deploy')) return true
  if (context.options.yes || !context.canAsk) return false
  return context.ask.confirm(`Deploy ${environments.join(', then ')} now?`)
}

async function deployAll(
  context: Context,
  { config }: LoadedConfig,
  environments: string[],
  needs: DeployNeeds,
): Promise<ToldRelease[]> {
  const releases: ToldRelease[] = []
  for (const name of environments) {
    const release = await deploy(
      {
        desiredFor: desiredBy(config),
        // init's approval has named every environment.
        isSpelledOut: true,
        wanted: {
          project: wantedProject(context, config),
          environment: { name },
          ...(context.options.workspace === undefined ? {} : { workspace: context.options.workspace }),
          byProjectToken: false,
        },
        commit: { kind: 'running' },
        supplied: new Map(),
        author: author('init', context),
        allowed: context.options.allow,
        confirmed: context.options.confirmDestructive,
        takesLease: takesLease(context),
        isDryRun: false,
      },
      // Whoever set the environments up with --deploy, or said yes to the question just now, has agreed to this.
      { ...needs, approve: async () => (context.options.yes ? 'option' : 'person') },
    )
    releases.push({ release, undo: undoOf(release, context) })
  }
  return releases
}

function nextCommands({ options }: Context, environments: string[], releases: ToldRelease[]): string[] {
  if (options.dryRun) return []
  return environments.map((name) => {
    const environment = shellWord(name)
    const next = releases.length > 0 ? `fakturino status -e ${environment}` : `fakturino deploy -e ${environment}`
    return followUp(next, options)
  })
}
