import { resolve } from 'node:path'
import { OperatorError } from '../kit/errors.ts'
import { listed, printable } from '../kit/text.ts'
import { readSavedPlan, type SavedPlan, savedPlanText } from '../plan/saved-plan.ts'
import { type CommandInput, textOption } from './command.ts'
import type { Context } from './context.ts'

/** Writes what `deploy --plan` reads. */
export async function writePlanFile({ files, machine }: Context, path: string, saved: SavedPlan): Promise<void> {
  await files.writeText(resolve(machine.cwd(), path), savedPlanText(saved))
}

/** The plan behind `--plan`, where it was given; refuses what cannot go with it. */
export async function readPlanFile(context: Context, input: CommandInput): Promise<SavedPlan | undefined> {
  const path = textOption(input, 'plan')
  if (path === undefined) return undefined
  refuseBesides(input)
  const text = await readFile(context, path)
  if (text === undefined) throw invalid(`There is no file ${printable(path)}.`)
  const saved = readSavedPlan(text)
  if ('problem' in saved) throw invalid(`${printable(path)} ${saved.problem}.`)
  const named = context.options.environment ?? (context.variables.FAKTURINO_ENVIRONMENT || undefined)
  if (named !== undefined && named !== saved.environment) {
    throw new OperatorError({
      kind: 'usage',
      code: 'saved-plan-elsewhere',
      message: `The plan was saved for ${printable(saved.environment)}, and ${printable(named)} was asked for. Nothing was changed.`,
      hint: `Name the environment of the plan, or save one of ${printable(named)}.`,
    })
  }
  return saved
}

/** Values of secrets are in no file of ours: what the plan was made with must be supplied again. */
export function refuseMissingSecrets(saved: SavedPlan, supplied: ReadonlyMap<string, unknown>): void {
  const missing = saved.suppliedSecrets.filter((name) => !supplied.has(name)).map(printable)
  if (missing.length === 0) return
  throw new OperatorError({
    kind: 'usage',
    code: 'missing-answer',
    message: `The plan was made with ${listed(missing)}, and a saved plan holds no value of a secret. Nothing was changed.`,
    hint: `Supply ${missing.length === 1 ? 'it' : 'them'} again with --secrets-file.`,
  })
}

function refuseBesides(input: CommandInput): void {
  const besides = [
    ...(textOption(input, 'commit') === undefined ? [] : ['--commit']),
    ...(input.arguments.length === 0 ? [] : ['services']),
  ]
  if (besides.length === 0) return
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `The saved plan says which commit is deployed and to which services: ${listed(besides)} cannot be given besides --plan.`,
    hint: 'Leave them out, or save another plan with them.',
  })
}

async function readFile({ files, machine }: Context, path: string): Promise<string | undefined> {
  try {
    return await files.readText(resolve(machine.cwd(), path))
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    throw invalid(error.message)
  }
}

function invalid(message: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'saved-plan-invalid',
    message: `${message} Nothing was changed.`,
    hint: 'Save a plan with: fakturino plan --out FILE',
  })
}
