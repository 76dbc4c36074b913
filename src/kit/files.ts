import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { OperatorError } from './errors.ts'
import { printable } from './text.ts'

/** The door to the disk. What it cannot do it tells as an `OperatorError` with the code `disk-refused`. */
export interface Files {
  /** Undefined when there is no such file. */
  readText(path: string): Promise<string | undefined>
  /** Whole or not at all, with the directories above it; readable by its owner only unless `mode` says otherwise. */
  writeText(path: string, text: string, mode?: number): Promise<void>
  /** Adds at the end, on the disk before it returns; readable by its owner only. */
  appendText(path: string, text: string): Promise<void>
  /** Does nothing when there is no such file. */
  remove(path: string): Promise<void>
}

/** The disk of this machine. */
export const realFiles: Files = {
  readText: (path) => unlessAbsent(readFile(path, 'utf8')).catch(refused('read', path)),
  writeText: (path, text, mode = 0o600) => replace(path, text, mode).catch(refused('written', path)),
  appendText: (path, text) => append(path, text).catch(refused('written', path)),
  remove: (path) => rm(path, { force: true }).catch(refused('removed', path)),
}

/**
 * Makes a directory with those above it; for its owner only. Step by step, because Node's recursive `mkdir` tries for ever where the
 * system answers that a directory does not exist while it makes one in it, as under `/proc`.
 */
export async function makeDirectory(path: string): Promise<void> {
  const made = await madeIn(path)
  if (made === 'there') return
  const above = dirname(path)
  if (above !== path) await makeDirectory(above)
  if ((await madeIn(path)) === 'no-parent') throw Object.assign(new Error('not made'), { code: 'ENOENT' })
}

async function madeIn(path: string): Promise<'there' | 'no-parent'> {
  try {
    await mkdir(path, { mode: 0o700 })
    return 'there'
  } catch (error) {
    const code = diskCode(error)
    if (code === 'ENOENT') return 'no-parent'
    const isThere = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    )
    if (isThere) return 'there'
    throw error
  }
}

async function replace(path: string, text: string, mode: number): Promise<void> {
  await makeDirectory(dirname(path))
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(draft, 'wx', mode)
    try {
      await file.writeFile(text, 'utf8')
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
}

async function append(path: string, text: string): Promise<void> {
  await makeDirectory(dirname(path))
  const file = await open(path, 'a', 0o600)
  try {
    await file.writeFile(text, 'utf8')
    await file.datasync()
  } finally {
    await file.close()
  }
}

async function unlessAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    const code = diskCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOENT: 'nothing can be made there',
  EEXIST: 'a part of the path is not a directory',
  EMFILE: 'too many files are open',
}

export function refused(verb: string, path: string) {
  return (error: unknown): never => {
    const code = diskCode(error) ?? 'unknown reason'
    throw new OperatorError({
      kind: 'unreachable',
      code: 'disk-refused',
      message: `${printable(path)} could not be ${verb}: ${reasons[code] ?? code}.`,
      hint: 'Free the path or its permissions, or name another place, and run the command again.',
      retryable: true,
    })
  }
}

export function diskCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
