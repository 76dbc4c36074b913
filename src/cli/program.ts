import { Command, CommanderError, Option } from 'commander'
import { OperatorError } from '../kit/errors.ts'
import { guards } from '../plan/guards/index.ts'
import type { CommandDefinition, CommandInput } from './command.ts'
import { commands } from './commands/index.ts'
import { exitCodes } from './exit-codes.ts'
import { type GlobalOptions, globalOptions, type OptionDefinition } from './options.ts'

/** What argv asked for. */
export type Asked =
  | { kind: 'command'; definition: CommandDefinition; options: GlobalOptions; input: CommandInput }
  /** Help, or the version: the text is the answer. */
  | { kind: 'text'; text: string }

/** Reads argv (without node and the script) against the table of commands. Throws usage errors as OperatorErrors. */
export function parseArguments(argv: readonly string[], version: string, columns: number): Asked {
  let asked: Asked | undefined
  let text = ''
  const program = new Command('fakturino')
  const settle = (command: Command) =>
    command
      .exitOverride()
      .configureOutput({
        writeOut: (written) => {
          text += written
        },
        writeErr: () => {},
        getOutHelpWidth: () => columns,
      })
      .configureHelp({ showGlobalOptions: true })
  const add = (parent: Command, definition: CommandDefinition) => {
    const command = settle(parent.command(definition.name, { hidden: definition.isHidden ?? false })).summary(
      definition.summary,
    )
    command.description(sentence(definition.summary))
    if (definition.arguments !== undefined) command.argument(definition.arguments)
    for (const option of definition.options ?? []) command.addOption(toOption(option))
    if (definition.examples.length > 0) command.addHelpText('after', examplesText(definition.examples))
    command.allowExcessArguments(false)
    if (definition.load !== undefined) {
      command.action(() => {
        asked = {
          kind: 'command',
          definition,
          options: command.optsWithGlobals(),
          input: { arguments: command.args, options: command.opts() },
        }
      })
    }
    for (const subcommand of definition.subcommands ?? []) add(command, subcommand)
  }
  settle(program)
    .description('Runs Fakturino on Railway: plan, deploy, look, and rehearse all of it on this machine first.')
    .usage('<command> [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', exitCodesText())
  for (const option of globalOptions(overridable)) program.addOption(toOption(option))
  for (const definition of commands) add(program, definition)
  if (argv.length === 0) return { kind: 'text', text: helpOf(program, () => text) }
  try {
    program.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0 || text !== '') return { kind: 'text', text }
    throw usageError(error)
  }
  return asked ?? { kind: 'text', text: helpOf(program, () => text) }
}

/** Guards that `--allow` can pass, and the one that is no guard of the plan: what others staged. */
const overridable = [...guards.filter((guard) => guard.isOverridable).map((guard) => guard.name), 'staged-changes']

function helpOf(program: Command, text: () => string): string {
  program.outputHelp()
  return text()
}

function toOption({ flags, describes, isRepeatable, choices }: OptionDefinition): Option {
  const option = new Option(flags, describes)
  if (choices !== undefined) option.choices(choices)
  if (isRepeatable) {
    const check = option.parseArg
    option.default([], 'none').argParser((value: string, earlier: string[]) => {
      check?.(value, undefined)
      return [...earlier, value]
    })
  }
  return option
}

function examplesText(examples: readonly string[]): string {
  return `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}\n`
}

function exitCodesText(): string {
  const lines = Object.values(exitCodes).map(({ code, means }) => `  ${String(code).padEnd(4)} ${means}`)
  return `\nExit codes:\n${lines.join('\n')}\n`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function usageError(error: CommanderError): OperatorError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const isCommand = error.code === 'commander.unknownCommand'
  return new OperatorError({
    kind: 'usage',
    code: isCommand
      ? 'unknown-command'
      : error.code === 'commander.unknownOption'
        ? 'unknown-option'
        : 'invalid-option',
    message: sentence(message.replace(/\.$/, '')),
    hint: suggestion?.replace(/^\((.*)\)$/, '$1') ?? 'Run: fakturino --help',
  })
}
