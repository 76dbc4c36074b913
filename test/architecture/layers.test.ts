import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { describe, expect, it, onTestFinished } from 'vitest'
import { forbidden, story } from './import-rules.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every forbidden import of a source tree, a sentence each. */
async function forbiddenImports(baseDir: string): Promise<{ modules: number; violations: string[] }> {
  const { output } = await cruise(['src'], {
    baseDir,
    validate: true,
    ruleSet: { forbidden },
    // Types and dynamic imports count as well.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  })
  const { modules, summary } = output as ICruiseResult
  return {
    modules: modules.filter((module) => module.source.startsWith('src/')).length,
    violations: summary.violations.map(({ from, to, rule }) => `${from} imports ${to}: ${rule.name}`),
  }
}

/** A small source tree of its own. */
async function aTree(files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fakturino-layers-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, 'src', path)), { recursive: true })
    await writeFile(join(directory, 'src', path), text)
  }
  return directory
}

describe('the one rule: imports point up the story', () => {
  it('holds in every file of the source', async () => {
    const { modules, violations } = await forbiddenImports(root)
    expect(violations).toEqual([])
    // Without a usable TypeScript the tool sees no module at all, and would find nothing.
    expect(modules).toBeGreaterThan(100)
  })

  it('covers every folder of the source', async () => {
    const entries = await readdir(join(root, 'src'), { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    expect(new Set(folders)).toEqual(new Set([...story, 'local']))
  })
})

describe('the rule is seen to be broken', () => {
  const target = 'export const thing = 1\nexport type Thing = number\n'
  it.each<[what: string, from: string, text: string, to: string]>([
    [
      'an import down the story',
      'plan/a.ts',
      "import { thing } from '../operations/b.ts'\nexport const x = thing\n",
      'operations/b.ts',
    ],
    [
      'a type down the story',
      'plan/a.ts',
      "import type { Thing } from '../operations/b.ts'\nexport const x: Thing = 1\n",
      'operations/b.ts',
    ],
    ['a dynamic import down the story', 'config/a.ts', "export const x = () => import('../cli/b.ts')\n", 'cli/b.ts'],
    ['an import of main', 'cli/a.ts', "import { thing } from '../main.ts'\nexport const x = thing\n", 'main.ts'],
    [
      'the local platform importing the operator',
      'local/a.ts',
      "import { thing } from '../platform/b.ts'\nexport const x = thing\n",
      'platform/b.ts',
    ],
    [
      'another command opening the local platform',
      'cli/commands/deploy.ts',
      "export const x = () => import('../../local/index.ts')\n",
      'local/index.ts',
    ],
    [
      'a reach past the door',
      'cli/commands/rehearse.ts',
      "import { thing } from '../../local/world.ts'\nexport const x = thing\n",
      'local/world.ts',
    ],
    ['a circle', 'kit/a.ts', "import { thing } from './b.ts'\nexport const x = thing\n", 'kit/b.ts'],
  ])('%s', async (_what, from, text, to) => {
    const isCircle = to === 'kit/b.ts'
    const directory = await aTree({
      [from]: text,
      [to]: isCircle ? `import { x } from './a.ts'\nexport const thing: number = x\n` : target,
    })
    const { violations } = await forbiddenImports(directory)
    expect(violations).not.toEqual([])
    expect(violations[0]).toContain(`src/${from} imports src/${to}`)
  })

  it.each<[what: string, from: string, text: string]>([
    [
      'the disk past its door',
      'operations/a.ts',
      "import { readFileSync } from 'node:fs'\nexport const x = readFileSync\n",
    ],
    ['a process past its door', 'cli/a.ts', "import { spawn } from 'node:child_process'\nexport const x = spawn\n"],
    ['the network past its door', 'verify/a.ts', "import { get } from 'node:https'\nexport const x = get\n"],
  ])('%s', async (_what, from, text) => {
    expect((await forbiddenImports(await aTree({ [from]: text }))).violations).toHaveLength(1)
  })

  it('and an allowed import is not', async () => {
    const directory = await aTree({
      'operations/a.ts': "import { thing } from '../plan/b.ts'\nexport const x = thing\n",
      'plan/b.ts': target,
      'cli/commands/rehearse.ts': "export const x = () => import('../../local/index.ts')\n",
      'local/index.ts': target,
    })
    expect((await forbiddenImports(directory)).violations).toEqual([])
  })
})
