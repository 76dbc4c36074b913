import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/commands/index.ts'
import { exitCodeOf, exitCodes } from '../../../src/cli/exit-codes.ts'
import { parseArguments } from '../../../src/cli/program.ts'
import { guards } from '../../../src/plan/guards/index.ts'

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

  /** Codes of commands that do not exist yet. */
  const later = ['rolled-back']

  it('are each seen by a test of whole commands, but for those of later commands', () => {
    const texts = readdirSync(fileURLToPath(new URL('..', import.meta.url)), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts') && !path.endsWith('help.test.ts'))
      .map((path) => readFileSync(join(fileURLToPath(new URL('..', import.meta.url)), path), 'utf8'))
      .join('\n')
    const seen = (code: number) => new RegExp(`exitCode\\)\\.toBe\\(${code}\\)|exitCode: ${code}\\b`).test(texts)
    const unseen = Object.entries(exitCodes).filter(([, { code }]) => !seen(code))
    expect(unseen.map(([name]) => name)).toEqual(later)
  })
})
