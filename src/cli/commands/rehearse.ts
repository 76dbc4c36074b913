import { join, resolve } from 'node:path'
import type { DesiredState } from '../../config/desired.ts'
import { desiredState } from '../../config/desired-state.ts'
import type { FakturinoConfig } from '../../config/fakturino-config.ts'
import { faster } from '../../kit/clock.ts'
import { OperatorError } from '../../kit/errors.ts'
import { memoryFiles } from '../../kit/memory-files.ts'
import { type CommitSeed, type LocalPlatform, type RepositorySeed, startLocalPlatform } from '../../local/index.ts'
import { rehearsalAddressFile } from '../access.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type JsonObject, tour } from '../tour.ts'
import { tourSteps } from '../tour-steps.ts'
import { platformSeed, rehearsedConfig } from './rehearse-seed.ts'

const secretsFile = 'rehearsed-secrets.env'

/** How many times faster time passes in the tour: builds, waits and watching in half the time, deadlines still far. */
const speed = 2

/** It becomes live before it fails: what fails at once is found by the deployment. */
const sickAfterMs = 8_000

/** The tour, on a platform of its own that is gone afterwards. */
export async function run(context: Context, _input: CommandInput): Promise<ExitCode> {
  const { config, path } = await rehearsedConfig(context)
  const desired = desiredStates(config)
  const secrets = neededSecrets(desired)
  const seed = platformSeed(config)
  // The platform and the commands that talk to it live faster than the person who watches; what a step cost is told in real time.
  const clock = faster(context.clock, speed)
  const platform = await startLocalPlatform({
    clock,
    ...seed,
    pid: context.machine.pid,
    standIn: context.doors.railwayStandIn,
  })
  const { world } = platform
  // Its commands find the platform and their secrets in memory, and keep there what they learn: only the compiled config is left.
  const files = memoryFiles({
    [join(context.stateDirectory, rehearsalAddressFile)]: JSON.stringify(platform.address),
    [resolve(context.machine.cwd(), secretsFile)]: secrets.map((name) => `${name}=made-up-${name}\n`).join(''),
  })
  const run = (argv: string[], interruptAt?: string) =>
    context.run(
      [...argv, '--local', '--no-input', '--config', path, '--state', context.stateDirectory],
      { files, clock },
      interruptAt,
    )
  try {
    const steps = tourSteps({
      desired,
      ...(secrets.length === 0 ? {} : { secretsFile }),
      newCommit: () => secondRelease(platform, seed.repositories),
      pause: () => clock.sleep(500, context.signal),
      addCommit: (behaviour) =>
        addedCommit(platform, seed.repositories, { message: `A commit for the rehearsal: ${behaviour}`, behaviour }),
      addMigrations: (migrations) =>
        addedCommit(platform, seed.repositories, { message: 'A commit for the rehearsal: migrations', migrations }),
      addRelease: () =>
        addedCommit(platform, seed.repositories, {
          message: 'A commit for the rehearsal: it goes bad after it is live',
          migrations: [{ name: '2026_11_23_090000_add_channel_to_reminders' }],
        }),
      turn: (commit, behaviour) => platform.world.turn(commit, behaviour),
      visit: (environment, service, perSecond) =>
        world.setVisitors(world.environmentNamed(environment).id, world.serviceNamed(service).id, perSecond),
      sickenWhile: (environment, service, variable, isSick) =>
        world.setCondition(
          world.environmentNamed(environment).id,
          world.serviceNamed(service).id,
          isSick
            ? { failingChecks: ['database'], onlyAfterMs: sickAfterMs, onlyWhile: { variable, value: 'true' } }
            : {},
        ),
    })
    const lastLooks = desired.map(({ environment }) => ['status', '-e', environment.name])
    const report = await tour(steps, lastLooks, {
      screen: async (argv) => (await run(argv)).stdout,
      async command(argv, interruptAt) {
        const event = interruptAt === undefined ? undefined : `"type":"${interruptAt}"`
        const { exitCode, stdout } = await run([...argv, '--json'], event)
        return {
          exitCode,
          documents: stdout
            .split('\n')
            .filter(Boolean)
            .map((line): JsonObject => JSON.parse(line)),
        }
      },
      requests: () => platform.requests.length,
      clock: context.clock,
      report: context.report,
      signal: context.signal,
    })
    context.output.answer({ type: 'rehearsal', report })
    return report.steps.every((step) => step.outcome === 'passed') ? exitCodes.done.code : exitCodes.failed.code
  } finally {
    await platform.stop()
  }
}

/** What the config wants, unprotected environments first: that is where a mistake is cheap. */
function desiredStates(config: FakturinoConfig): DesiredState[] {
  const desired = Object.keys(config.environments)
    .map((name) => desiredState(config, name))
    .sort((a, b) => Number(a.environment.protected) - Number(b.environment.protected))
  const [first] = desired
  if (first === undefined) throw nothingToRehearse('environment', 'Describe at least one under environments.')
  if (first.services.length === 0) {
    throw nothingToRehearse('service that is not pending', 'Describe at least one under services.')
  }
  return desired
}

function nothingToRehearse(missing: string, hint: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'config-invalid',
    message: `The config has no ${missing}, so there is nothing to rehearse.`,
    hint,
  })
}

/** The secrets that a person would supply because a service cannot start without them. */
function neededSecrets([first]: readonly DesiredState[]): string[] {
  const needed = first?.secrets.filter(({ generate, requiredBy }) => generate === undefined && requiredBy.length > 0)
  return needed?.map(({ name }) => name) ?? []
}

/** The same commit on every branch of every repository: services of several codebases are released together. */
function secondRelease({ world }: LocalPlatform, repositories: readonly RepositorySeed[]): string {
  return onEveryBranch(repositories, (name, branch, sha) =>
    world.push(name, branch, { message: 'Second release', ...(sha === undefined ? {} : { sha }) }),
  )
}

/** The same, but only there to be asked for: what follows its branch is not deployed by it. */
function addedCommit({ world }: LocalPlatform, repositories: readonly RepositorySeed[], commit: CommitSeed): string {
  return onEveryBranch(repositories, (name, branch, sha) =>
    world.addCommit(name, branch, { ...commit, ...(sha === undefined ? {} : { sha }) }),
  )
}

function onEveryBranch(
  repositories: readonly RepositorySeed[],
  add: (repository: string, branch: string, sha: string | undefined) => { sha: string },
): string {
  let sha: string | undefined
  for (const { name, branches } of repositories) {
    for (const branch of Object.keys(branches)) ({ sha } = add(name, branch, sha))
  }
  if (sha === undefined) throw new Error('there is no branch to add a commit to')
  return sha
}
