import { resolve } from 'node:path'
import type { Clock } from '../kit/clock.ts'
import { codeFiles, isSecretFile, readCode } from '../kit/code-files.ts'
import { OperatorError } from '../kit/errors.ts'
import type { RunProcess } from '../kit/run-process.ts'
import { clipped, listed, printable } from '../kit/text.ts'
import { uploadedRevision } from '../kit/uploaded-revision.ts'

/** Code of a directory, read once: what each service gets is the same. */
export interface CodeToUpload {
  /** The whole path. */
  directory: string
  revision: string
  files: number
  bytes: number
  /** What git says of it: the commit of a work tree that nobody has changed since. */
  commit?: string
}

interface CodeNeeds {
  runProcess: RunProcess
  clock: Clock
  signal: AbortSignal
  variables: Readonly<Record<string, string | undefined>>
}

/** Reads a directory as it would be sent, and refuses one that should not be: nobody, nothing, or a secret. */
export async function codeToUpload(given: string, from: string, needs: CodeNeeds): Promise<CodeToUpload> {
  const directory = resolve(from, given)
  const shown = printable(directory)
  const found = await codeFiles(directory)
  if (typeof found === 'string') {
    throw unusable(found === 'absent' ? `There is no directory ${shown}.` : `${shown} is no directory.`)
  }
  const { files, workTree } = found
  if (files.length === 0) {
    throw unusable(`${shown} holds no file that would be sent: it is empty, or everything in it is ignored.`)
  }
  const { digest, privateKeys } = await readCode(files)
  const secrets = files.map(({ path }) => path).filter((path) => isSecretFile(path) || privateKeys.includes(path))
  if (secrets.length > 0) throw holdsSecrets(shown, secrets)
  const commit = workTree === undefined ? undefined : await cleanCommit(directory, needs)
  return {
    directory,
    revision: uploadedRevision(digest),
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(commit === undefined ? {} : { commit }),
  }
}

/** The commit that is checked out, where the directory is as it was committed. That git cannot tell is no failure: the digest stands. */
async function cleanCommit(
  directory: string,
  { runProcess, clock, signal, variables }: CodeNeeds,
): Promise<string | undefined> {
  const env = Object.fromEntries(
    ['PATH', 'HOME'].flatMap((name): [string, string][] => {
      const value = variables[name] ?? ''
      return value === '' ? [] : [[name, value]]
    }),
  )
  const git = async (...words: string[]): Promise<string | undefined> => {
    let printed = ''
    const ending = await runProcess({
      program: 'git',
      // What a repository's own config would start here is nobody's wish.
      argv: ['-c', 'core.fsmonitor=false', '-C', directory, ...words],
      env: { ...env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' },
      clock,
      signal,
      tell: async (stream, text) => {
        if (stream === 'stdout' && printed.length < 1_000) printed += text
      },
    })
    return ending.kind === 'exited' && ending.code === 0 ? printed.trim() : undefined
  }
  if ((await git('status', '--porcelain', '--', '.')) !== '') return undefined
  const commit = await git('rev-parse', 'HEAD')
  return commit !== undefined && /^[0-9a-f]{40}$/.test(commit) ? commit : undefined
}

function unusable(message: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `${message} --upload sends the code of a directory.`,
    hint: 'Name the directory that the code is built in, as in: fakturino deploy -e staging --upload DIR',
  })
}

function holdsSecrets(directory: string, paths: readonly string[]): OperatorError {
  const shown = paths.slice(0, 5).map((path) => clipped(path, 120))
  const more = paths.length > shown.length ? [...shown, `${paths.length - shown.length} more`] : shown
  return new OperatorError({
    kind: 'refused',
    code: 'secret-file',
    message: `${directory} would be sent with ${listed(more)}, which ${paths.length === 1 ? 'holds' : 'hold'} secrets: they would be in the image, for everybody who can read it. Nothing was sent.`,
    hint: `Write ${listed(paths.length > 5 ? shown.slice(0, 5) : shown)} into ${directory}/.railwayignore, a line each, and run the command again. What services need of it belongs into their variables.`,
  })
}
