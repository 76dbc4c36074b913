import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/commands/index.ts'
import { exitCodeOf, exitCodes } from '../../../src/cli/exit-codes.ts'
import { parseArguments } from '../../../src/cli/program.ts'
import { guards } from '../../../src/plan/guards/index.ts'
import { aStage, type Ran, repository } from '../../support/stage.ts'

function help(...argv: string[]): string {
  const asked = parseArguments(argv, '1.2.3', 80)
  if (asked.kind !== 'text') throw new Error(`${argv.join(' ')} is a command`)
  return asked.text
}

describe('help', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('%j lists every command that is not hidden', (argv) => {
    const text = help(...argv)
    for (const { name, isHidden } of commands) {
      if (isHidden) expect(text).not.toMatch(new RegExp(`^  ${name} `, 'm'))
      else expect(text).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
  })

  it('lists every exit code with what it means', () => {
    for (const { code, means } of Object.values(exitCodes))
      expect(help()).toContain(`  ${String(code).padEnd(4)} ${means}`)
  })

  it('names every guard that --allow can pass, and none that it cannot', () => {
    const text = help('deploy', '--help').replaceAll(/\s+/g, ' ')
    for (const { name, isOverridable } of guards) expect(text.includes(`"${name}"`)).toBe(isOverridable)
  })

  it('says what each of them refuses', () => {
    const text = help('--help').replaceAll(/\s+/g, ' ')
    for (const { name, refuses, isOverridable } of guards)
      expect(text.includes(`${name} ${refuses}`)).toBe(isOverridable)
    expect(text).toContain('staged-changes what others staged')
  })

  it('has an option for every other guard', () => {
    const others = guards.filter(({ isOverridable }) => !isOverridable)
    expect(others).not.toEqual([])
    for (const { name } of others) expect(help('--help')).toContain(` --confirm-${name} <name> `)
  })

  it('hides what runs in the background', () => {
    expect(help('rehearse', '--help')).toMatch(/^ {2}up /m)
    expect(help('rehearse', '--help')).not.toContain('serve')
  })

  it.each(commands.map(({ name }) => name))(
    'of %s: what it does, its own options, those of all commands, examples',
    (name) => {
      const definition = commands.find((command) => command.name === name)
      const text = help(name, '--help')
      expect(text).toContain(`Usage: fakturino ${name}`)
      for (const { flags } of definition?.options ?? []) expect(text).toContain(flags)
      for (const example of definition?.examples ?? []) expect(text).toContain(`  ${example}\n`)
      expect(text).toContain('--no-input')
      expect(text).toContain('--local')
    },
  )

  it('fits into 80 columns', () => {
    const lines = [['--help'], ...commands.map(({ name }) => [name, '--help'])].flatMap((argv) =>
      help(...argv).split('\n'),
    )
    expect(lines.filter((line) => line.length > 80)).toEqual([])
  })

  it.each(['--version', '-V'])('%s is the version and nothing else', (option) => {
    expect(help(option)).toBe('1.2.3\n')
  })
})

/** A command for each exit code that ends with it. */
const producers: [name: keyof typeof exitCodes, produce: () => Promise<Ran>][] = [
  ['done', async () => (await aStage()).run(['init', '--yes'])],
  [
    'failed',
    async () => {
      const stage = await aStoredStage()
      stage.platform.world.push(repository, 'main', { behaviour: 'failing-build' })
      return stage.run(['deploy', '-e', 'staging', '--commit', 'latest', '--yes'])
    },
  ],
  ['differs', async () => (await aStoredStage()).run(['plan', '-e', 'staging', '--detailed-exit-code'])],
  ['denied', async () => (await aStage()).run(['status', '-e', 'staging'], { isRemote: true })],
  ['refused', async () => (await aStoredStage()).run(['deploy', '-e', 'staging'], { answers: ['n'] })],
  [
    'unfinished',
    async () => {
      const stage = await aStoredStage()
      stage.platform.onRequest(({ operationName }) =>
        operationName === 'DeployService' ? { kind: 'drop-before' } : undefined,
      )
      return stage.run(['deploy', '-e', 'staging', '--yes'])
    },
  ],
  ['usage', async () => (await aStage()).run(['depoly'])],
  [
    'unreachable',
    async () => {
      const stage = await aStage()
      stage.platform.onRequest(() => ({ kind: 'drop-before' }))
      return stage.run(['status', '-e', 'staging'])
    },
  ],
  [
    'bug',
    async () => {
      const stage = await aStage()
      stage.platform.onRequest(() => ({ kind: 'answer', status: 200, body: '{"data":{"apiToken":null}}' }))
      return stage.run(['status', '-e', 'staging'])
    },
  ],
  [
    'rolled-back',
    async () => {
      const stage = await aStoredStage()
      await stage.run(['deploy', '-e', 'staging', '--yes'])
      const { sha } = stage.platform.world.addCommit(repository, 'main', { behaviour: 'crash-after-success' })
      return stage.run(['deploy', '-e', 'staging', '--commit', sha, '--auto-rollback', '--yes'])
    },
  ],
  [
    'interrupted',
    async () => {
      const stage = await aStoredStage()
      return stage.run(['deploy', '-e', 'staging', '--yes'], {
        onStart: (interrupt) => stage.clock.after(1_000, () => interrupt('SIGINT')),
      })
    },
  ],
]

async function aStoredStage() {
  const stage = await aStage()
  await stage.run(['init', '--yes'])
  return stage
}

describe('README.md', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')

  /** The rows of the table with that head, cell by cell. */
  function table(head: string): string[][] {
    const [, rows = ''] = new RegExp(`^\\| ${head} *\\|.*\\n\\|[ |-]*\\n((?:\\|.*\\n)+)`, 'm').exec(readme) ?? []
    return Array.from(rows.matchAll(/^\|(.*)\|$/gm), ([, cells = '']) => cells.split('|').map((cell) => cell.trim()))
  }

  it('lists every command that is not hidden, in the order of the help', () => {
    const shown = commands.filter(({ isHidden }) => !isHidden).map(({ name }) => `\`${name}\``)
    expect(table('command').map(([name]) => name)).toEqual(shown)
  })

  it('lists every exit code with what it means', () => {
    const meanings = Object.values(exitCodes).map(({ code, means }) => [
      String(code),
      means.replaceAll(/--[\w-]+/g, '`$&`'),
    ])
    expect(table('code')).toEqual(meanings)
  })
})

describe('exit codes', () => {
  it('are the ones that scripts know', () => {
    expect(Object.fromEntries(Object.entries(exitCodes).map(([name, { code }]) => [name, code]))).toEqual({
      done: 0,
      failed: 1,
      differs: 2,
      'rolled-back': 3,
      denied: 4,
      refused: 5,
      unfinished: 6,
      usage: 64,
      unreachable: 69,
      bug: 70,
      interrupted: 130,
    })
    expect(exitCodeOf('denied')).toBe(4)
  })

  it.each(producers)('%s is how a whole command ends', async (name, produce) => {
    const { exitCode, stderr } = await produce()
    expect(exitCode, stderr).toBe(exitCodes[name].code)
  })

  it('are all produced here', () => {
    const produced: string[] = producers.map(([name]) => name)
    expect(Object.keys(exitCodes).filter((name) => !produced.includes(name))).toEqual([])
  })
})
