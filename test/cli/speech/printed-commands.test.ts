import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/commands/index.ts'
import { parseArguments } from '../../../src/cli/program.ts'
import {
  argvOf,
  commandsIn,
  commandsInMarkdown,
  commandsInSource,
  type PrintedCommand,
} from '../../support/printed-commands.ts'
import { aStage, repository } from '../../support/stage.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

describe('no command is printed that does not exist', () => {
  it('in the strings of the source', () => {
    const found = sources().flatMap((path) => commandsInSource(readFileSync(join(root, path), 'utf8'), path))
    expect(found.length).toBeGreaterThan(10)
    expect(refused(found)).toEqual([])
  })

  it.each(['README.md', 'src/README.md'])('in %s', (path) => {
    const found = existsSync(join(root, path)) ? commandsInMarkdown(readFileSync(join(root, path), 'utf8'), path) : []
    expect(refused(found)).toEqual([])
  })

  it('in what the commands print: hints, next steps, the way back, help', async () => {
    const stage = await aStage()
    const printed: string[] = []
    const ran = async (argv: string[], options = {}) => {
      const { stdout, stderr } = await stage.run(argv, options)
      // As it was before it was wrapped: a command has its line to itself, and was never part of the line above.
      printed.push(
        ...`${stdout}${stderr}`.replaceAll(/(?<=\S)(?<!Undo: .*)\n {2}(?=\S)(?!fakturino)/g, ' ').split('\n'),
      )
    }
    for (const { name } of commands) {
      const { stdout } = await stage.run([name, '--help'])
      printed.push(...stdout.split('\n').filter((line) => !line.startsWith('Usage: ')))
    }
    await ran(['status'], { isRemote: true })
    await ran(['deploy', '-e', 'staging', '--yes'])
    await ran(['init', '--yes'])
    await ran(['deploy', '-e', 'staging', '--yes'])
    const { sha } = stage.platform.world.push(repository, 'main', { message: 'Second' })
    await ran(['deploy', '-e', 'staging', '--yes', '--commit', sha])
    await ran(['deploy', '-e', 'production'])
    await ran(['rehearse', 'upp'])
    await ran(['plan', '--nothing'])
    const found = printed.flatMap((line) => commandsIn(line, line))
    expect(found.map(({ command }) => command)).toContainEqual(
      expect.stringMatching(/^init --local --config \S+ --state \S+$/),
    )
    expect(found.length).toBeGreaterThan(10)
    expect(refused(found)).toEqual([])
  })

  it('in the examples of the help', () => {
    const examples = commands
      .flatMap((command) => [command, ...(command.subcommands ?? [])])
      .flatMap(({ examples: some }) => some)
    expect(examples.length).toBeGreaterThan(8)
    expect(refused(examples.flatMap((example) => commandsIn(example, 'examples')))).toEqual([])
    expect(examples.every((example) => commandsIn(example, '').length === 1)).toBe(true)
  })
})

describe('the test itself', () => {
  it.each([
    ["hint: 'Run: fakturino destroy -e staging'", 'destroy -e staging'],
    ["const name = 'x'; const text = `fakturino plan --everything ${name}`", 'plan --everything sample'],
    ["'Stop it: fakturino rehearse sideways.'", 'rehearse sideways'],
    ["'`fakturino status --forever` shows it'", 'status --forever'],
  ])('finds and refuses an invented command: %s', (source, command) => {
    const found = commandsInSource(source, 'invented.ts')
    expect(found.map((one) => one.command)).toEqual([command])
    expect(refused(found)).toEqual([expect.stringContaining(`invented.ts: fakturino ${command}`)])
  })

  it.each([
    ['```sh\nnpx fakturino invent --now\n```', 'invent --now'],
    ['Run `fakturino flags on x` first.', 'flags on x'],
    ['    fakturino rehearse up && fakturino init', 'rehearse up'],
  ])('reads Markdown: %j', (markdown, command) => {
    expect(commandsInMarkdown(markdown, 'x.md').map((one) => one.command)).toContain(command)
  })

  it('accepts those that exist, and takes prose for prose', () => {
    const text = 'fakturino deploy -e staging --commit latest\nfakturino rehearse up --port 4100 --json'
    expect(refused(commandsIn(text, ''))).toEqual([])
    expect(commandsIn('const place = "/tmp/fakturino stuff"; import from "fakturino"', '')).toEqual([])
  })
})

/** Those that the program's own parser does not accept, with its reason. Prose about fakturino is no command. */
function refused(found: PrintedCommand[]): string[] {
  return found
    .filter((one) => !isProse(one))
    .flatMap((one) => {
      try {
        parseArguments(argvOf(one), '1.0.0', 80)
        return []
      } catch (error) {
        return [`${one.where}: fakturino ${one.command}: ${error instanceof Error ? error.message : error}`]
      }
    })
}

/** Sentences of ours with fakturino as their subject. */
function isProse({ command }: PrintedCommand): boolean {
  return /^(exports|keeps|made|by|holds|is|could|runs|itself|on)\b/.test(command)
}

function sources(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join('src', path))
}
