import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { nearest } from '../config/nearest.ts'
import { OperatorError } from '../kit/errors.ts'
import { guards } from '../plan/guards/index.ts'
import type { CommandDefinition, CommandInput } from './command.ts'
import { commands } from './commands/index.ts'
import { exitCodes } from './exit-codes.ts'
import { type GlobalOptions, globalOptions, type OptionDefinition } from './options.ts'

/** What argv asked for. */
export type Asked =
  /** `isBare`: no command was named, so the first look at things is meant. */
  | {
      kind: 'command'
      definition: CommandDefinition
      options: GlobalOptions
      input: CommandInput
      isBare?: boolean
    }
  /** Help, or the version: the text is the answer. */
  | { kind: 'text'; text: string }

/**
 * Reads argv (without node and the script) against the table of commands. Throws usage errors as OperatorErrors.
 * @param isAtTerminal a person asks: without a command, `status` is meant
 */
export function parseArguments(argv: readonly string[], version: string, columns: number, isAtTerminal = false): Asked {
  let asked: Asked | undefined
  let text = ''
  const program = new Command('fakturino')
  let failing = program
  const settle = (command: Command) =>
    command
      .exitOverride((error) => {
        failing = command
        throw error
      })
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
    .addHelpText('after', `${exitCodesText()}${guardsText(program, columns)}`)
  for (const option of globalOptions(overridable.map(({ name }) => name))) program.addOption(toOption(option))
  for (const definition of commands) add(program, definition)
  const bare = (): Asked => {
    const status = parseArguments(['status', ...argv], version, columns)
    return status.kind === 'command' ? { ...status, isBare: true } : status
  }
  if (argv.length === 0) return isAtTerminal ? bare() : { kind: 'text', text: helpOf(program, () => text) }
  try {
    program.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0 || text !== '') return { kind: 'text', text }
    const isUnnamed = error.code === 'commander.help' && failing === program && program.args.length === 0
    if (isUnnamed && isAtTerminal && program.opts().json !== true) return bare()
    throw usageError(error, failing)
  }
  return asked ?? { kind: 'text', text: helpOf(program, () => text) }
}

/** Guards that `--allow` can pass, and the one that is no guard of the plan: what others staged. */
const overridable = [
  ...guards.filter((guard) => guard.isOverridable),
  { name: 'staged-changes', refuses: 'what others staged would be committed together with our changes' },
]

function helpOf(program: Command, text: () => string): string {
  program.outputHelp()
  return text()
}

function toOption({ flags, describes, isRepeatable, choices }: OptionDefinition): Option {
  const option = new Option(flags, describes)
  if (choices !== undefined) option.choices(choices)
  if (!option.required) return option
  const check = option.parseArg
  option.argParser((value: string, earlier: unknown) => {
    refuseOption(value)
    check?.(value, undefined)
    return isRepeatable && Array.isArray(earlier) ? [...earlier, value] : value
  })
  return isRepeatable ? option.default([], 'none') : option
}

/** A value that was left out must not swallow the option after it: `--reason --local` would speak to Railway. */
function refuseOption(value: string): void {
  if (/^--?[a-z]/i.test(value)) throw new InvalidArgumentError('It looks like an option, so the value is missing.')
}

function examplesText(examples: readonly string[]): string {
  return `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}\n`
}

function exitCodesText(): string {
  const lines = Object.values(exitCodes).map(({ code, means }) => `  ${String(code).padEnd(4)} ${means}`)
  return `\nExit codes:\n${lines.join('\n')}\n`
}

function guardsText(program: Command, columns: number): string {
  const help = program.createHelp()
  help.prepareContext({ helpWidth: columns })
  const width = Math.max(...overridable.map(({ name }) => name.length))
  const lines = overridable.map(({ name, refuses }) => help.formatItem(name, width, refuses, help))
  return `\nGuards that --allow can pass; without it, a plan is refused when:\n${lines.join('\n')}\n`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function usageError(error: CommanderError, command: Command): OperatorError {
  const unknown = unknownCommand(error, command)
  if (unknown !== undefined) return unknown
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  return new OperatorError({
    kind: 'usage',
    code:
      error.code === 'commander.unknownCommand'
        ? 'unknown-command'
        : error.code === 'commander.unknownOption'
          ? 'unknown-option'
          : 'invalid-option',
    message: sentence(message.replace(/\.$/, '')),
    hint:
      unknownOptionHint(error, command) ?? suggestion?.replace(/^\((.*)\)$/, '$1') ?? `Run: ${pathOf(command)} --help`,
  })
}

/** Where an option that is not known here belongs: to a subcommand, or to the program that the words are handed to. */
function unknownOptionHint(error: CommanderError, command: Command): string | undefined {
  if (error.code !== 'commander.unknownOption') return undefined
  const [, option = ''] = /'(--?[\w-]+)/.exec(error.message) ?? []
  const owner = command.commands.find(({ options }) =>
    options.some(({ long, short }) => [long, short].includes(option)),
  )
  if (owner !== undefined) return `Did you mean ${pathOf(owner)} ${option}?`
  return commands.find(({ name }) => name === command.name())?.foreignOptions
}

/** Where commander prints help, or counts arguments, instead of naming the command that it does not know. */
function unknownCommand(error: CommanderError, command: Command): OperatorError | undefined {
  const isHelp = error.code === 'commander.help'
  const isSubcommand = error.code === 'commander.excessArguments' && command.commands.length > 0
  if (!isHelp && !isSubcommand) return undefined
  const [word] = isHelp ? command.args.slice(1) : command.args
  const within = isSubcommand ? `${command.name()} ` : ''
  const known = command.commands.map((subcommand) => subcommand.name())
  const meant = word === undefined ? undefined : nearest(word, known)
  return new OperatorError({
    kind: 'usage',
    code: 'unknown-command',
    message: word === undefined ? 'No command was named.' : `Unknown command '${within}${word}'.`,
    hint:
      meant === undefined
        ? `Run: ${pathOf(command)} --help`
        : `Did you mean ${isSubcommand ? `${pathOf(command)} ` : ''}${meant}?`,
  })
}

/** `fakturino rehearse up` */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}
