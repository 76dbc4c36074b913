import { resolve } from 'node:path'
import { OperatorError } from '../kit/errors.ts'
import { printable } from '../kit/text.ts'
import { type Evidence, parsedEvidence } from '../verify/evidence.ts'
import type { Context } from './context.ts'

/** The evidence behind `--evidence`; what it says is judged elsewhere, that it is evidence at all is seen here. */
export async function readEvidenceFile({ files, machine }: Context, path: string): Promise<Evidence> {
  const text = await files.readText(resolve(machine.cwd(), path)).catch((error: unknown) => {
    throw error instanceof OperatorError ? notEvidence(error.message) : error
  })
  if (text === undefined) throw notEvidence(`There is no file ${printable(path)}.`)
  const evidence = parsedEvidence(text)
  if (evidence === undefined) throw notEvidence(`${printable(path)} is no evidence that this version can read.`)
  return evidence
}

function notEvidence(message: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `${message} Nothing was changed.`,
    hint: 'Name the file that flags validate wrote with --out.',
  })
}
