import { createHash } from 'node:crypto'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import ignore, { type Ignore } from 'ignore'
import { diskCode, refused } from './files.ts'

/** A file of a directory of code. */
export interface CodeFile {
  /** From the directory on, with slashes. */
  path: string
  /** Where it is on this machine. */
  at: string
  bytes: number
}

export interface CodeDirectory {
  /** Sorted by path. */
  files: CodeFile[]
  /** The git work tree that the directory is in. */
  workTree: string | undefined
}

/** What the railway command leaves out whatever else is said. */
const neverSent = new Set(['.git', 'node_modules'])
/** Those that say what is left out; an earlier one has the last word. */
const ignoreFiles = ['.railwayignore', '.ignore', '.gitignore'] as const

/** The rules of one directory. */
interface Rules {
  from: string
  rules: Partial<Record<(typeof ignoreFiles)[number], Ignore>>
}

/**
 * The files that `railway up` sends of a directory: symbolic links are followed, `.gitignore` counts inside a git work tree only, as
 * there, and where in doubt a file counts as sent. A link that leads nowhere is left out, as there.
 */
export async function codeFiles(directory: string): Promise<CodeDirectory | 'absent' | 'no-directory'> {
  const found = await statOf(directory)
  if (found === undefined) return 'absent'
  if (!found.isDirectory()) return 'no-directory'
  const root = await realpath(directory)
  const workTree = await workTreeOf(root)
  const names = ignoreFiles.filter((name) => name !== '.gitignore' || workTree !== undefined)
  const above: Rules[] = []
  for (let at = root; workTree !== undefined && at !== workTree; at = dirname(at)) {
    above.unshift(await rulesIn(dirname(at), names))
  }
  const files: CodeFile[] = []
  const walk = async (at: string, rules: readonly Rules[], inside: ReadonlySet<string>): Promise<void> => {
    const real = await realpath(at)
    if (inside.has(real)) return
    const here = [...rules, await rulesIn(at, names)]
    const children = await readdir(at).catch(refused('read', at))
    for (const name of children.sort()) {
      const child = join(at, name)
      if (neverSent.has(name)) continue
      const seen = await statOf(child)
      if (seen === undefined) continue
      if (isIgnored(child, seen.isDirectory(), here)) continue
      if (seen.isDirectory()) await walk(child, here, new Set([...inside, real]))
      else if (seen.isFile()) files.push({ path: slashed(relative(root, child)), at: child, bytes: seen.size })
    }
  }
  await walk(root, above, new Set())
  return { files: files.sort((one, other) => (one.path < other.path ? -1 : 1)), workTree }
}

/** SHA-256 over paths and contents, and the files that hold a private key. */
export async function readCode(files: readonly CodeFile[]): Promise<{ digest: string; privateKeys: string[] }> {
  const whole = createHash('sha256')
  const privateKeys: string[] = []
  for (const file of files) {
    const content = await contentOf(file)
    const one = createHash('sha256').update(content).digest('hex')
    whole.update(`${file.path}\0${one}\n`)
    if (privateKey.test(content.subarray(0, 64 * 1024).toString('latin1'))) privateKeys.push(file.path)
  }
  return { digest: whole.digest('hex'), privateKeys }
}

/** As a file of its own begins, not a text that talks about keys. */
const privateKey = /^\s*-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/

export function contentOf({ at }: CodeFile): Promise<Buffer> {
  return readFile(at).catch(refused('read', at))
}

async function statOf(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    const code = diskCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    return refused('read', path)(error)
  }
}

async function workTreeOf(directory: string): Promise<string | undefined> {
  for (let at = directory; ; at = dirname(at)) {
    if ((await statOf(join(at, '.git'))) !== undefined) return at
    if (at === dirname(at)) return undefined
  }
}

async function rulesIn(from: string, names: readonly (typeof ignoreFiles)[number][]): Promise<Rules> {
  const rules: Rules['rules'] = {}
  for (const name of names) {
    const seen = await statOf(join(from, name))
    if (seen?.isFile())
      rules[name] = ignore().add(await readFile(join(from, name), 'utf8').catch(refused('read', name)))
  }
  return { from, rules }
}

function isIgnored(path: string, isDirectory: boolean, rules: readonly Rules[]): boolean {
  for (const name of ignoreFiles) {
    // The nearest directory has the last word.
    for (const { from, rules: here } of [...rules].reverse()) {
      const answer = here[name]?.test(`${slashed(relative(from, path))}${isDirectory ? '/' : ''}`)
      if (answer?.ignored) return true
      if (answer?.unignored) return false
    }
  }
  return false
}

function slashed(path: string): string {
  return path.split(sep).join('/')
}

/** Names of files that hold secrets by what they are for, whatever is in them. */
export function isSecretFile(path: string): boolean {
  const name = basename(path)
  if (/^\.env(?:\..+)?$/.test(name)) return !/\.(?:example|sample|template|dist|defaults?)$/.test(name)
  return /^(?:id_(?:rsa|dsa|ecdsa|ed25519)|auth\.json|\.netrc|\.pgpass)$|\.(?:p12|pfx|ppk)$/.test(name)
}
