import type { Context } from './context.ts'
import type { ExitCode } from './exit-codes.ts'
import type { OptionDefinition } from './options.ts'

/** What commander parsed for one command: its arguments, and its own options by camel-case name. */
export interface CommandInput {
  arguments: string[]
  options: Record<string, unknown>
}

/** A command as data: what help and parser need. What it does is loaded when it is run. */
export interface CommandDefinition {
  name: string
  summary: string
  /** As in `[service...]`. */
  arguments?: string
  options?: OptionDefinition[]
  examples: string[]
  /** What to say of an option that is not ours, where words are handed to another program. */
  foreignOptions?: string
  isHidden?: boolean
  /** Runs when no subcommand is named, or always where there are none. */
  load?: () => Promise<{ run(context: Context, input: CommandInput): Promise<ExitCode> }>
  subcommands?: CommandDefinition[]
}

/** The text behind an option; undefined when it was not given. */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = input.options[name]
  return typeof value === 'string' ? value : undefined
}

/** Was a switch given? */
export function isGiven(input: CommandInput, name: string): boolean {
  return input.options[name] === true
}
