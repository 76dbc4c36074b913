import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { codeFiles, isSecretFile, readCode } from '../../src/kit/code-files.ts'

async function aDirectory(files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fakturino-code-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
  return directory
}

async function pathsIn(directory: string): Promise<string[]> {
  const found = await codeFiles(directory)
  if (typeof found === 'string') throw new Error(found)
  return found.files.map(({ path }) => path)
}

async function digestOf(directory: string): Promise<string> {
  const found = await codeFiles(directory)
  if (typeof found === 'string') throw new Error(found)
  return (await readCode(found.files)).digest
}

it.each<[string, Record<string, string>, string[]]>([
  ['.git and node_modules', { a: '', '.git/config': '', 'x/node_modules/y': '' }, ['a']],
  ['what .gitignore names, in a work tree', { a: '', b: '', '.git/HEAD': '', '.gitignore': 'b' }, ['.gitignore', 'a']],
  ['nothing that .gitignore names elsewhere', { a: '', '.gitignore': 'a' }, ['.gitignore', 'a']],
  ['what .railwayignore names', { 'v/a': '', 'w/a': '', '.railwayignore': '/v/\n' }, ['.railwayignore', 'w/a']],
  [
    'not what a nearer one takes back',
    { 'v/.railwayignore': '!a', 'v/a': '', '.railwayignore': 'a' },
    ['.railwayignore', 'v/.railwayignore', 'v/a'],
  ],
  [
    'not what .railwayignore takes back',
    { a: '', '.git/HEAD': '', '.gitignore': 'a', '.railwayignore': '!a' },
    ['.gitignore', '.railwayignore', 'a'],
  ],
])('leaves out %s', async (_what, files, paths) => {
  expect(await pathsIn(await aDirectory(files))).toEqual(paths)
})

it('counts the rules of directories above, up to the root of the work tree', async () => {
  const root = await aDirectory({
    '.git/HEAD': '',
    '.gitignore': '*.log\n/app/cache',
    'app/a': '',
    'app/a.log': '',
    'app/cache/b': '',
  })
  expect(await pathsIn(join(root, 'app'))).toEqual(['a'])
})

it('follows links, leaves out those that lead nowhere, and comes to an end where they lead in a circle', async () => {
  const directory = await aDirectory({ 'real/a': 'x' })
  await symlink('real', join(directory, 'linked'))
  await symlink('nowhere', join(directory, 'dangling'))
  await symlink('..', join(directory, 'real/up'))
  expect(await pathsIn(directory)).toEqual(expect.arrayContaining(['linked/a', 'real/a']))
  expect(await pathsIn(directory)).not.toContain('dangling')
})

it('tells a directory that is absent, and one that is none', async () => {
  const directory = await aDirectory({ a: '' })
  expect(await codeFiles(join(directory, 'b'))).toBe('absent')
  expect(await codeFiles(join(directory, 'a'))).toBe('no-directory')
})

it('gives equal directories one digest, and any other name or content another', async () => {
  const one = await digestOf(await aDirectory({ a: '1', 'b/c': '2' }))
  expect(one).toMatch(/^[0-9a-f]{64}$/)
  expect(await digestOf(await aDirectory({ 'b/c': '2', a: '1' }))).toBe(one)
  const others = [{ a: '2', 'b/c': '1' }, { a: '1', 'b/d': '2' }, { a: '1' }, { a: '1', 'b/c': '2', d: '' }]
  for (const other of others) expect(await digestOf(await aDirectory(other))).not.toBe(one)
})

it.each(['.env', '.env.local', 'a/.env.production', 'id_rsa', 'auth.json', '.netrc', 'cert.pfx'])(
  '%s holds secrets by its name',
  (path) => {
    expect(isSecretFile(path)).toBe(true)
  },
)

it.each(['.env.example', '.env.dist', 'env', 'environment.ts', 'id_rsa.pub', 'keys.md', 'auth.json.php'])(
  '%s does not',
  (path) => {
    expect(isSecretFile(path)).toBe(false)
  },
)
