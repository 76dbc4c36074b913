import { join } from 'node:path'
import { desiredState } from '../../config/desired-state.ts'
import { OperatorError } from '../../kit/errors.ts'
import { memoryFiles } from '../../kit/memory-files.ts'
import { startLocalPlatform } from '../../local/index.ts'
import { rehearsalAddressFile } from '../access.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type JsonObject, tour } from '../tour.ts'
import { platformSeed, rehearsedConfig } from './rehearse-seed.ts'

/** The tour, on a platform of its own that is gone afterwards. */
export async function run(context: Context, _input: CommandInput): Promise<ExitCode> {
  const { config, path } = await rehearsedConfig(context)
  const seed = platformSeed(config)
  const platform = await startLocalPlatform({ clock: context.clock, ...seed, pid: context.machine.pid })
  // Nothing of the tour reaches the disk: its commands find the platform, and keep what they learn, in memory.
  const files = memoryFiles({
    [join(context.stateDirectory, rehearsalAddressFile)]: JSON.stringify(platform.address),
  })
  const run = (argv: string[]) =>
    context.run([...argv, '--local', '--no-input', '--config', path, '--state', context.stateDirectory], files)
  try {
    const report = await tour({
      screen: async (argv) => (await run(argv)).stdout,
      async command(argv) {
        const { exitCode, stdout } = await run([...argv, '--json'])
        return {
          exitCode,
          documents: stdout
            .split('\n')
            .filter(Boolean)
            .map((line): JsonObject => JSON.parse(line)),
        }
      },
      newCommit() {
        const [{ name, branches } = { name: '', branches: {} }] = seed.repositories
        const [branch = '', ...others] = Object.keys(branches)
        const { sha } = platform.world.push(name, branch, { message: 'Second release' })
        for (const other of others) platform.world.push(name, other, { sha, message: 'Second release' })
        return sha
      },
      requests: () => platform.requests.length,
      clock: context.clock,
      report: context.report,
      signal: context.signal,
      environments: Object.entries(config.environments).map(([name, settings]) => ({
        name,
        isProtected: settings.protected ?? false,
      })),
      ...services(config),
    })
    context.output.answer({ type: 'rehearsal', report })
    return report.steps.every((step) => step.outcome === 'passed') ? exitCodes.done.code : exitCodes.failed.code
  } finally {
    await platform.stop()
  }
}

function services(config: Awaited<ReturnType<typeof rehearsedConfig>>['config']) {
  const [environment] = Object.keys(config.environments)
  if (environment === undefined) {
    throw new OperatorError({
      kind: 'usage',
      code: 'config-invalid',
      message: 'The config has no environment, so there is nothing to rehearse.',
      hint: 'Describe at least one under environments.',
    })
  }
  const desired = desiredState(config, environment)
  return {
    services: desired.services.map((service) => service.name),
    pending: desired.pending.map((service) => service.name),
  }
}
