import type { FakturinoConfig } from '../config/fakturino-config.ts'
import { appsOf, codebaseOf, isPending } from '../config/services.ts'
import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import { type CodeToUpload, codeToUpload } from '../operations/code-to-upload.ts'
import type { Uploading } from '../operations/upload-code.ts'
import { railwayCli } from '../platform/railway-cli.ts'
import { type CommandInput, textOption } from './command.ts'
import type { Context } from './context.ts'

/** The code behind `--upload`, read and told; undefined without the option. */
export async function givenCode(context: Context, input: CommandInput): Promise<CodeToUpload | undefined> {
  const given = textOption(input, 'upload')
  if (given === undefined) return undefined
  for (const name of ['commit', 'plan']) if (textOption(input, name) !== undefined) throw twoSources(name)
  const { machine, doors, clock, signal, variables } = context
  const code = await codeToUpload(given, machine.cwd(), { runProcess: doors.runProcess, clock, signal, variables })
  await context.report({ type: 'code-read', ...code })
  return code
}

/** What sends it. The railway command of this machine is never started for a rehearsal. */
export async function uploadingOf({ directory, revision }: CodeToUpload, context: Context): Promise<Uploading> {
  const { credential, standIn, redact } = await context.access()
  const { variables, machine, doors } = context
  const cli = railwayCli({ credential, variables, standIn, execPath: machine.execPath }, 'up')
  return { directory, revision, cli, redact, runProcess: doors.runProcess }
}

/** The services that a directory is the code of: the named ones, which share one codebase, or all of the only one. */
export function uploadedServices(named: readonly string[], config: FakturinoConfig): string[] {
  const ofCode = appsOf(config).flatMap(([name, service]) => {
    const codebase = isPending(service) ? undefined : codebaseOf(config, service, '')
    return codebase === undefined ? [] : [{ name, codebase }]
  })
  const image = named.find((name) => !ofCode.some((one) => one.name === name))
  if (image !== undefined) throw notOneCodebase(`${image} runs an image and no code`, ofCode)
  const chosen = named.length === 0 ? ofCode : ofCode.filter(({ name }) => named.includes(name))
  const codebases = new Set(chosen.map(({ codebase }) => codebase))
  if (codebases.size === 0) throw notOneCodebase('no service of the config runs code', ofCode)
  if (codebases.size > 1) {
    throw notOneCodebase(`${listed(chosen.map(({ name }) => name))} are built from several codebases`, ofCode)
  }
  return chosen.map(({ name }) => name)
}

function twoSources(other: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--upload and --${other} both say which code is deployed.`,
    hint: 'Leave one of the two out.',
  })
}

function notOneCodebase(why: string, ofCode: readonly { name: string }[]): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--upload sends the code of one codebase, and ${why}.`,
    ...(ofCode.length === 0
      ? {}
      : { hint: `Name services that share one, of ${listed(ofCode.map(({ name }) => name))}.` }),
  })
}
