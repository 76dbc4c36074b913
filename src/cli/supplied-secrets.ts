import { resolve } from 'node:path'
import type { FakturinoConfig } from '../config/fakturino-config.ts'
import { nearest } from '../config/nearest.ts'
import { OperatorError } from '../kit/errors.ts'
import { Secret } from '../kit/secret.ts'
import { listed } from '../kit/text.ts'
import type { Context } from './context.ts'
import { parseSecrets } from './parse-secrets.ts'

/**
 * Reads secrets from a file, or from stdin for `-`, as `parseSecrets` says. Every name must be a secret of the config, so that a
 * misspelt one does not vanish. Values stay out of every message.
 */
export async function suppliedSecrets(
  context: Context,
  source: string | undefined,
  config: FakturinoConfig,
): Promise<ReadonlyMap<string, Secret>> {
  if (source === undefined) return new Map()
  const text = source === '-' ? await readAll(context) : await readFile(context, source)
  if (text === undefined) throw invalid(`There is no file ${source}.`, 'Check the path behind --secrets-file.')
  const known = Object.keys(config.secrets ?? {})
  const place = source === '-' ? 'the input' : source
  const parsed = parseSecrets(text)
  if ('problem' in parsed) {
    throw invalid(
      `Line ${parsed.line} of ${place} ${parsed.problem}.`,
      'Write a line each: NAME=value; only a value in quotes may go on over several lines.',
    )
  }
  const { entries } = parsed
  const strangers = entries.map(([name]) => name).filter((name) => !known.includes(name))
  if (strangers.length > 0) {
    const guesses = strangers.flatMap((name) => nearest(name, known) ?? [])
    throw invalid(
      `${source === '-' ? 'The input' : source} holds ${listed(strangers)}, and the config knows no such ${strangers.length === 1 ? 'secret' : 'secrets'}.`,
      guesses.length > 0 ? `Did you mean ${listed(guesses, 'or')}?` : `The config knows ${listed(known)}.`,
    )
  }
  const empty = entries.filter(([, value]) => value === '').map(([name]) => name)
  if (empty.length > 0) {
    throw invalid(
      `${listed(empty)} ${empty.length === 1 ? 'has' : 'have'} no value.`,
      'Give a value, or leave the line out.',
    )
  }
  if (entries.length === 0) {
    throw invalid(`${source === '-' ? 'The input' : source} holds no secret.`, 'Write a line each: NAME=value')
  }
  const { learn } = await context.access()
  learn(entries.map(([, value]) => value))
  return new Map(entries.map(([name, value]) => [name, new Secret(value)]))
}

function invalid(message: string, hint: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'secrets-file-invalid',
    message: `${message} Nothing was changed on the platform.`,
    hint,
  })
}

/** A file that cannot be read, a directory for one, is a mistake in the command and not the platform's. */
async function readFile({ files, machine }: Context, source: string): Promise<string | undefined> {
  try {
    return await files.readText(resolve(machine.cwd(), source))
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    throw invalid(error.message, 'Check the path behind --secrets-file.')
  }
}

async function readAll({ machine }: Context): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of machine.stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  return Buffer.concat(chunks).toString('utf8')
}
