import { isRecord } from '../kit/json.ts'
import type { GroupShape } from './joining.ts'
import type { LogEntry } from './log-entry.ts'

type Thrown = NonNullable<LogEntry['thrown']>

/** Longer names and paths do not occur; what stands behind is not looked at. */
const longest = 4_000

const object = '{"exception":"[object] ('
const uncaught = /(?:PHP )?Fatal error: {1,2}Uncaught ([\w\\]{1,200})/
const fatal = /PHP (?:Fatal|Parse) error: {1,2}.{1,2000} in (\S{1,500}) on line (\d+)/
const uncaughtPlace = / in (\S{1,500}?):(\d+)$/m
const consoleHead = /^In ([\w.-]{1,100}) line (\d{1,6}):/
const sqlState = /SQLSTATE\[(\w{2,5})\](?:: [^:]{1,100}: (\d{1,5}))?/
const pythonPlace = /^ {2,8}File "([^"\n]{1,500})", line (\d+)/gm

/** What a text says was thrown, and where; undefined where it says neither. */
export function thrownIn(shape: GroupShape, message: string): Thrown | undefined {
  const ofLaravel = thrownObject(message)
  if (ofLaravel !== undefined) return ofLaravel
  if (shape === 'wrapped') return thrownInConsole(message)
  if (message.startsWith('Traceback ')) return thrownInPython(message)
  if (!message.includes('atal error: ') && !message.includes('arse error: ')) return undefined
  const head = message.slice(0, longest)
  const exception = uncaught.exec(head)?.[1]
  if (exception !== undefined) {
    const [, path, line] = uncaughtPlace.exec(head.split('\nStack trace:')[0] ?? '') ?? []
    return { exception, place: path === undefined ? null : `${path}:${line}` }
  }
  const [, path, line] = fatal.exec(head) ?? []
  return path === undefined ? undefined : { exception: 'PHP error', place: `${path}:${line}` }
}

/** The same for a structured line: Monolog's `context.exception`. */
export function thrownInFields(fields: Readonly<Record<string, unknown>>): Thrown | undefined {
  const context = Object.hasOwn(fields, 'context') ? fields.context : undefined
  const told = isRecord(context) && isRecord(context.exception) ? context.exception : fields.exception
  if (!isRecord(told) || typeof told.class !== 'string') return undefined
  const { file, line } = told
  if (typeof file !== 'string') return { exception: told.class, place: null }
  return {
    exception: told.class,
    place: /:\d+$/.test(file) || (typeof line !== 'number' && typeof line !== 'string') ? file : `${file}:${line}`,
  }
}

/** `{"exception":"[object] (ErrorException(code: 0): … at /path/File.php:157)` */
function thrownObject(message: string): Thrown | undefined {
  const begin = message.indexOf(object)
  if (begin === -1) return undefined
  const stack = message.indexOf('\n[stacktrace]', begin)
  const end = stack === -1 ? Math.min(message.length, begin + 100_000) : stack
  const told = message.slice(begin + object.length, end)
  const code = told.indexOf('(code:')
  if (code === -1 || code > 300) return undefined
  const previous = told.indexOf('\n[previous exception]')
  const own = (previous === -1 ? told : told.slice(0, previous)).trimEnd()
  const at = own.lastIndexOf(' at ')
  const place = /^(.{1,1000}:\d+)\)/.exec(own.slice(at + 4))?.[1]
  return {
    exception: told.slice(0, code).replaceAll('\\\\', '\\'),
    place: at === -1 || place === undefined ? null : place.replaceAll('\\\\', '\\').replaceAll('\\/', '/'),
  }
}

function thrownInConsole(message: string): Thrown | undefined {
  const [, file, line] = consoleHead.exec(message) ?? []
  if (file === undefined) return undefined
  const [, state, code] = sqlState.exec(message.slice(0, longest)) ?? []
  const exception = state === undefined ? 'exception' : `SQLSTATE[${state}]${code === undefined ? '' : ` ${code}`}`
  return { exception, place: `${file}:${line}` }
}

function thrownInPython(message: string): Thrown | undefined {
  const lines = message.slice(-longest).split('\n')
  const exception = /^([\w.]{1,200})(?::|$)/.exec(lines.at(-1) ?? '')?.[1]
  if (exception === undefined) return undefined
  const [, path, line] = [...message.slice(-longest).matchAll(pythonPlace)].at(-1) ?? []
  return { exception, place: path === undefined ? null : `${path}:${line}` }
}
