import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { OperatorError } from '../../src/kit/errors.ts'
import { altered, smallConfig } from './small-config.ts'

const defineModule = fileURLToPath(new URL('../../src/config/define.ts', import.meta.url))
const shipped = fileURLToPath(new URL('../../fakturino.config.ts', import.meta.url))

let root: string
let repositories = 0

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'fakturino-load-'))
})

afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

/** A repository of its own, with these files. */
function repository(files: Record<string, string>): string {
  const place = join(root, `repository-${++repositories}`)
  mkdirSync(join(place, '.git'), { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, name)), { recursive: true })
    writeFileSync(join(place, name), text)
  }
  return place
}

function load(from: string, path?: string) {
  return loadConfig({
    from,
    ...(path === undefined ? {} : { path }),
    defineModule,
    cacheDirectory: join(root, 'cache'),
  })
}

async function failure(from: string, path?: string): Promise<OperatorError> {
  const thrown: unknown = await load(from, path).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof OperatorError)) throw new Error(`expected an OperatorError, got ${String(thrown)}`)
  return thrown
}

const json = JSON.stringify(smallConfig())
const authored = `import { defineConfig } from 'fakturino'\nexport default defineConfig(${json})\n`

describe('a config is loaded', () => {
  test.each([
    ['fakturino.config.ts', `${authored}const typed: number = 1\n`],
    ['fakturino.config.mts', authored],
    ['fakturino.config.js', authored],
    ['fakturino.config.mjs', authored],
    ['fakturino.config.json', json],
    [
      'fakturino.config.ts',
      `import type { FakturinoConfig } from 'fakturino'\nexport default ${json} satisfies FakturinoConfig`,
    ],
  ])('from %s', async (name, text) => {
    const place = repository({ [name]: text })
    expect(await load(place)).toEqual({ config: smallConfig(), path: join(place, name), findings: [] })
  })

  test('with expressions, and with what it imports', async () => {
    const place = repository({
      'fakturino.config.ts': `
        import { defineConfig, ref } from 'fakturino'
        import base from './base.json' with { type: 'json' }
        import { engine } from './engine.js'
        export default defineConfig({ ...base, databaseEngine: engine })`,
      'base.json': json,
      'engine.ts': "export const engine: string = 'postgres'",
    })
    expect((await load(place)).config).toEqual(smallConfig())
  })

  test('from a directory above, up to the root of the repository', async () => {
    const place = repository({ 'fakturino.config.json': json, 'a/b/readme.md': '' })
    expect((await load(join(place, 'a/b'))).path).toBe(join(place, 'fakturino.config.json'))
  })

  test('from the nearest directory that has one', async () => {
    const place = repository({ 'fakturino.config.json': json, 'a/fakturino.config.json': json, 'a/b/readme.md': '' })
    expect((await load(join(place, 'a/b'))).path).toBe(join(place, 'a/fakturino.config.json'))
  })

  test('from the path given, relative to where we are', async () => {
    const place = repository({ 'other/my.json': json, 'fakturino.config.ts': 'throw new Error()' })
    expect((await load(place, 'other/my.json')).path).toBe(join(place, 'other/my.json'))
  })

  test('with its advisory findings', async () => {
    const place = repository({
      'fakturino.config.json': JSON.stringify(altered({ 'services.web.healthcheck': undefined })),
    })
    expect((await load(place)).findings).toEqual([
      expect.objectContaining({ code: 'no-healthcheck', severity: 'advisory' }),
    ])
  })

  test.runIf(process.platform === 'linux')('even where a directory is made for ever, and never is', async () => {
    const place = repository({ 'fakturino.config.ts': authored })
    const loaded = await loadConfig({ from: place, defineModule, cacheDirectory: '/proc/nope/cache' })
    expect(loaded.config).toEqual(smallConfig())
  })

  test('even where a compiled config can be neither read nor written, as on a full disk', async () => {
    const place = repository({ 'fakturino.config.ts': authored })
    const cacheDirectory = join(place, 'cache')
    await loadConfig({ from: place, defineModule, cacheDirectory })
    for (const name of readdirSync(cacheDirectory)) {
      rmSync(join(cacheDirectory, name))
      mkdirSync(join(cacheDirectory, name))
    }
    const loaded = await loadConfig({ from: place, defineModule, cacheDirectory })
    expect(loaded.config.project.name).toBe(smallConfig().project.name)
  })

  test('even where nothing can be cached', async () => {
    const place = repository({ 'fakturino.config.ts': authored, file: '' })
    const loaded = await loadConfig({ from: place, defineModule, cacheDirectory: join(place, 'file', 'cache') })
    expect(loaded.config).toEqual(smallConfig())
  })

  test('the shipped one, from its file', async () => {
    const { path, findings } = await load(dirname(shipped), 'fakturino.config.ts')
    expect(path).toBe(shipped)
    expect(findings.every(({ severity }) => severity === 'advisory')).toBe(true)
  })

  test('again when its file has changed', async () => {
    const place = repository({ 'fakturino.config.ts': authored })
    await load(place)
    writeFileSync(join(place, 'fakturino.config.ts'), authored.replaceAll('"small"', '"large"'))
    expect((await load(place)).config.project.name).toBe('large')
  })
})

describe('a config is not found', () => {
  test('when there is none up to the root of the repository, even if there is one above', async () => {
    const place = repository({ 'fakturino.config.json': json, 'inner/.git/HEAD': '', 'inner/src/readme.md': '' })
    const error = await failure(join(place, 'inner/src'))
    expect(error).toMatchObject({ kind: 'usage', code: 'config-not-found' })
    expect(error.message).toContain(join(place, 'inner/src'))
    expect(error.hint).toContain('--config')
  })

  test('when the path given leads nowhere', async () => {
    const place = repository({ 'fakturino.config.json': json })
    const error = await failure(place, 'fakturino.confg.json')
    expect(error).toMatchObject({ kind: 'usage', code: 'config-not-found' })
    expect(error.message).toContain(join(place, 'fakturino.confg.json'))
  })
})

describe('a config cannot be read', () => {
  const name = 'fakturino.config.ts'
  const cases: [when: string, files: Record<string, string>, message: RegExp][] = [
    [
      'a comma is missing',
      { [name]: 'export default {\n  a: 1\n  b: 2\n}\n' },
      /fakturino\.config\.ts:3:\d+ cannot be read: Unexpected token/,
    ],
    [
      'an imported file has a syntax error',
      { [name]: "import './lib.ts'\nexport default {}", 'lib.ts': 'const = 1' },
      /lib\.ts:1:\d+ cannot be read/,
    ],
    [
      'it throws',
      { [name]: "export default {}\n\nthrow new Error('no luck')\n" },
      /fakturino\.config\.ts:3 failed: no luck/,
    ],
    [
      'what it imports throws',
      { [name]: "import './lib.ts'\nexport default {}", 'lib.ts': "\nthrow new Error('boom')" },
      /lib\.ts:2 failed: boom/,
    ],
    [
      'it reads a file that is not there',
      { [name]: "import { readFileSync } from 'node:fs'\nreadFileSync('/nowhere/x')\nexport default {}" },
      /fakturino\.config\.ts:2 failed: ENOENT/,
    ],
    ['it throws text', { [name]: "throw 'oh no'" }, /fakturino\.config\.ts threw 'oh no'/],
    ['it throws nothing', { [name]: 'throw undefined' }, /fakturino\.config\.ts threw something/],
    [
      'a package is missing',
      { [name]: "import x from 'not-installed'\nexport default x" },
      /imports 'not-installed', which cannot be found/,
    ],
    [
      'a file is missing',
      { [name]: "import x from './nope.ts'\nexport default x" },
      /imports '\.\/nope\.ts', which cannot be found/,
    ],
    [
      'an import from fakturino is misspelt',
      { [name]: "import { defineConfg } from 'fakturino'\nexport default defineConfg({})" },
      /fakturino\.config\.ts:2 calls defineConfg, but fakturino exports no defineConfg; the nearest is 'defineConfig'/,
    ],
    ['nothing is exported by default', { [name]: `export const config = ${json}` }, /has no default export/],
    ['it is empty', { [name]: ' \n' }, /has no default export/],
    ['JSON is cut off', { 'fakturino.config.json': '{"project": ' }, /fakturino\.config\.json cannot be read/],
  ]
  test.each(cases)('because %s', async (_when, files, message) => {
    const place = repository(files)
    const error = await failure(place)
    expect(error).toMatchObject({ kind: 'usage', code: 'config-unreadable', retryable: false })
    expect(error.message).toMatch(message)
    expect(error.message).toContain(place)
    expect(error.hint).toMatch(/^\S.* \S/)
  })

  test('because its file is of another kind', async () => {
    const error = await failure(repository({ 'config.yaml': 'a: 1' }), 'config.yaml')
    expect(error).toMatchObject({ code: 'config-unreadable' })
    expect(error.message).toContain('.ts, .mts, .js, .mjs or .json')
  })

  test('because a directory has its name', async () => {
    const error = await failure(repository({ 'my.ts/readme.md': '' }), 'my.ts')
    expect(error).toMatchObject({ code: 'config-unreadable' })
  })

  test('and terminal codes in what it throws do not reach the terminal', async () => {
    const error = await failure(repository({ [name]: String.raw`throw new Error('\u001b[2Jgone\u202e')` }))
    expect(error.message).toContain('gone')
    expect(error.message).not.toContain('\u001b')
    expect(error.message).not.toContain('\u202e')
  })
})

describe('a config is invalid', () => {
  test('with every finding, critical ones first, and the file in the message', async () => {
    const changes = { 'services.web.prot': 1, databaseEngine: 'oracle', 'services.web.healthcheck': undefined }
    const place = repository({ 'fakturino.config.json': JSON.stringify(altered(changes)) })
    const error = await failure(place)
    expect(error).toMatchObject({ kind: 'usage', code: 'config-invalid' })
    expect(error.message).toContain(`${join(place, 'fakturino.config.json')} has 2 mistakes`)
    expect(error.findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['wrong-choice', 'critical'],
      ['unknown-key', 'critical'],
      ['no-healthcheck', 'advisory'],
    ])
  })

  test('when its default export is a function', async () => {
    const error = await failure(repository({ 'fakturino.config.ts': `export default () => (${json})` }))
    expect(error).toMatchObject({ code: 'config-invalid' })
    expect(error.findings).toEqual([expect.objectContaining({ subject: 'the config', code: 'wrong-type' })])
  })
})

describe('what loading costs', () => {
  const folder = fileURLToPath(new URL('../../src/config/', import.meta.url))
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

  test('jiti and cosmiconfig are imported only when a config is loaded', () => {
    expect(sources.length).toBeGreaterThan(20)
    for (const file of sources) {
      expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(/from '(jiti|cosmiconfig)'/)
    }
    expect(readFileSync(join(folder, 'load.ts'), 'utf8')).toMatch(/required<typeof import\('jiti'\)>/)
  })

  test('what a config imports imports nothing itself, types apart', () => {
    const imports = readFileSync(defineModule, 'utf8').match(/^(import|export (type )?\{).*/gm) ?? []
    expect(imports.length).toBeGreaterThan(0)
    expect(imports.filter((line) => !/^(import|export) type /.test(line))).toEqual([])
  })
})
