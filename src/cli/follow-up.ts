import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import type { OperationEvent } from '../operations/events.ts'
import type { TopicalOperation } from '../operations/unfinished.ts'
import type { GlobalOptions } from './options.ts'

type FollowedOptions = Pick<GlobalOptions, 'environment' | 'config' | 'project' | 'workspace' | 'state' | 'local'>

/**
 * A command to run next, as it has to be typed after this one: it must speak to the same platform, project and config. Without
 * `--local` it would speak to Railway, and without `--project` to another project. Works on any text whose commands stand at its end
 * or between backticks; what such a command says already is left as it is.
 */
export function followUp(text: string, options: FollowedOptions): string {
  return text.replace(command, (words) => {
    if (/ --help\b/.test(words)) return words
    const isRehearse = words.startsWith('fakturino rehearse')
    const carried = isRehearse ? [] : carriedOptions(options, !words.startsWith('fakturino init'))
    const missing = [...carried, ...placeOptions(options)].filter(([names]) => !names.some((name) => says(words, name)))
    // What stands behind two dashes is another program's.
    const [ours = '', ...theirs] = words.split(/(?= -- )/)
    return [ours, ...missing.map(([[name], value]) => (value === undefined ? name : `${name} ${shellWord(value)}`))]
      .join(' ')
      .concat(...theirs)
  })
}

/** The failure, with the commands of its hint as they have to be typed. */
export function withFollowUps(error: OperatorError, options: FollowedOptions): OperatorError {
  const { kind, code, message, hint, retryable, findings } = error
  if (hint === undefined) return error
  return new OperatorError({ kind, code, message, retryable, findings, hint: followUp(hint, options) })
}

/** The event, with the command that it names as it has to be typed. */
export function toldEvent(event: OperationEvent, options: FollowedOptions): OperationEvent {
  if (event.type === 'operation-unfinished') return { ...event, goOn: followUp(event.goOn, options) }
  if (event.type === 'rollback-planned' && event.undoFirst !== null) {
    return { ...event, undoFirst: followUp(event.undoFirst, options) }
  }
  if (event.type !== 'finding' || event.finding.fix === undefined) return event
  return { ...event, finding: { ...event.finding, fix: followUp(event.finding.fix, options) } }
}

/** The same for what is said of an environment's operation. */
export function toldOperation(operation: TopicalOperation, options: FollowedOptions): TopicalOperation {
  return operation.state === 'unfinished' ? { ...operation, goOn: followUp(operation.goOn, options) } : operation
}

const command =
  /\bfakturino (?:init|plan|deploy|restart|rollback|migrate|flags|artisan|status|check|logs|history|whoami|rehearse)\b[^`]*/g

/** Names of an option, the one to write first, and its value where it has one. */
type Carried = [names: [string, ...string[]], value?: string]

function carriedOptions(options: FollowedOptions, isOfOneEnvironment: boolean): Carried[] {
  const { environment, project, workspace, local } = options
  return [
    ...(local ? [carried(['--local'])] : []),
    ...(environment === undefined || !isOfOneEnvironment ? [] : [carried(['-e', '--environment'], environment)]),
    ...(project === undefined ? [] : [carried(['--project'], project)]),
    ...(workspace === undefined ? [] : [carried(['--workspace'], workspace)]),
  ]
}

/** Those that say where things are on this machine; a rehearsal needs them as well. */
function placeOptions({ config, state }: FollowedOptions): Carried[] {
  return [
    ...(config === undefined ? [] : [carried(['--config', '-c'], config)]),
    ...(state === undefined ? [] : [carried(['--state'], state)]),
  ]
}

function carried(names: Carried[0], value?: string): Carried {
  return value === undefined ? [names] : [names, value]
}

function says(words: string, option: string): boolean {
  return words.split(/\s+/).includes(option)
}
