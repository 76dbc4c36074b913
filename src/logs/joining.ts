import { stripVTControlCharacters } from 'node:util'

/** What a row is to a group that is not over: part of it, its last part, something else in between, or the beginning of the next. */
export type Fit = 'joins' | 'joins-last' | 'apart' | 'ends'

/** What a group is made of; `orphans` are frames whose first row has not come, or was told before. */
export type GroupShape = 'line' | 'trace' | 'orphans' | 'wrapped' | 'json'

/** A group that waits for more rows. */
export interface Joining {
  shape: GroupShape
  fit(text: string): Fit
  /** Its end mark has come, and rows of the same write may still. */
  isClosed(): boolean
}

const laravelHead = /^\[\d{4}-\d\d-\d\d[ T][\d:.+-]{8,24}Z?\] [\w-]{1,60}\.[A-Z]{3,12}:/
const thrownObject = '{"exception":"[object] ('
const phpUncaught = /^(?:\[[^\]]{1,60}\] )?(?:NOTICE: PHP message: |PHP message: )?(?:PHP )?Fatal error: {1,2}Uncaught /
const frame = /^#(\d{1,4}) (?:\/|\{main\}|\[internal function\]|[a-z]{2,10}:\/\/)/
const endOfHead = /:\d+\)$/
const consoleHead = /^ {0,4}In [\w.-]{1,100} line \d{1,6}:$/
/** Where a line begins that no group goes over: a time, or a level. */
const recordStart =
  /^(?:\[?\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:|\[\d\d-[A-Z][a-z]{2}-\d{4} |[\d.:a-fA-F-]{2,45} - {1,2}\S{0,100} {0,2}\[?\d\d\/|\d+:[XCSM] \d\d |\{"|(?:INFO|WARN|ERROR|DEBUG)[: ])/
/** Artisan and supervisor wrap no line that is shorter. */
const shortestWrapped = 60

/** A row as it is read: without colours, and without what a Windows line ends with. */
export function plainText(message: string): string {
  const text = message.includes('\u001b') ? stripVTControlCharacters(message) : message
  return text.endsWith('\r') ? text.slice(0, -1) : text
}

/** The group that this row begins; undefined where it stands for itself. */
export function beginGroup(text: string): Joining | undefined {
  switch (text.charAt(0)) {
    case '[':
      if (beginsTrace(text)) return createTrace(text)
      return isStackMark(text) ? createOrphans() : undefined
    case '{':
      if (text.startsWith(thrownObject) && !text.trimEnd().endsWith('}')) return createTrace(text)
      return createJson(text)
    case '#':
      return frame.test(text) ? createOrphans() : undefined
    case '"':
      return isEndMark(text) ? createOrphans() : undefined
    case 'I':
    case ' ':
      return consoleHead.test(text.trimEnd()) ? createWrapped() : undefined
    case 'T':
      return text.startsWith('Traceback (most recent call last):') ? createTraceback() : undefined
    default:
      return beginsTrace(text) ? createTrace(text) : undefined
  }
}

/** Does a trace begin here whose frames may have come before it? */
export function beginsTrace(text: string): boolean {
  if (text.includes(thrownObject)) return !text.trimEnd().endsWith('}')
  return phpUncaught.test(text.length > 200 ? text.slice(0, 200) : text) && !text.includes(' thrown in ')
}

/** The number of a frame: `#37 {main}` is 37. */
export function frameNumber(text: string): number | undefined {
  const number = text.startsWith('#') ? frame.exec(text)?.[1] : undefined
  return number === undefined ? undefined : Number(number)
}

export function isStackMark(text: string): boolean {
  return text.startsWith('[stacktrace]') || text.startsWith('Stack trace:')
}

/** What stands behind the last frame. */
export function isEndMark(text: string): boolean {
  return text.startsWith('"}') || /^ {1,4}thrown in /.test(text)
}

function createTrace(head: string): Joining {
  let isHead = !endOfHead.test(head.trimEnd())
  let isClosed = false
  let frames = 0
  let last: number | undefined
  let hasPrevious = false
  const isComplete = () => isClosed && (hasPrevious || (last !== undefined && frames > last))
  const joined = (): Fit => (isComplete() ? 'joins-last' : 'joins')
  return {
    shape: 'trace',
    isClosed: () => isClosed,
    fit(text) {
      const number = frameNumber(text)
      if (number !== undefined) {
        isHead = false
        frames += 1
        if (text.includes('{main}')) last = number
        return joined()
      }
      if (isStackMark(text)) {
        isHead = false
        return joined()
      }
      if (text.startsWith('[previous exception] ')) {
        hasPrevious = true
        isHead = !endOfHead.test(text.trimEnd())
        return 'joins'
      }
      if (isEndMark(text)) {
        isClosed = true
        return joined()
      }
      if (isClosed || laravelHead.test(text) || beginsTrace(text)) return 'ends'
      if (!isHead || recordStart.test(text)) return 'apart'
      const words = text.trimEnd()
      // The whole object was written, without a trace: its message had several lines.
      if (words.endsWith(')"}')) return 'joins-last'
      isHead = !endOfHead.test(words)
      return 'joins'
    },
  }
}

function createOrphans(): Joining {
  return {
    shape: 'orphans',
    isClosed: () => true,
    fit: (text) => (frameNumber(text) !== undefined || isStackMark(text) || isEndMark(text) ? 'joins' : 'ends'),
  }
}

/** Python's: indented lines, then the one that says what was thrown. */
function createTraceback(): Joining {
  return {
    shape: 'trace',
    isClosed: () => false,
    fit(text) {
      if (text.startsWith(' ') || text === '') return 'joins'
      return recordStart.test(text) ? 'ends' : 'joins-last'
    },
  }
}

/** `In Connection.php line 568:` and the words below it, indented to a block or broken at the width of a screen. */
function createWrapped(): Joining {
  let length = 0
  let isIndented = false
  return {
    shape: 'wrapped',
    isClosed: () => false,
    fit(text) {
      const words = text.trim()
      if (words === '') return length === 0 ? 'joins' : 'joins-last'
      if (recordStart.test(text) || consoleHead.test(text.trimEnd())) return 'ends'
      const isOfBlock = text.startsWith('  ')
      if (length === 0) isIndented = isOfBlock
      else if (isIndented ? !isOfBlock : isOfBlock || length < shortestWrapped) return 'ends'
      length = words.length
      return 'joins'
    },
  }
}

/** JSON over several rows; undefined where the row is whole, or was cut within a text. */
function createJson(first: string): Joining | undefined {
  const begin = first.trimEnd()
  if (begin.length > 1 && (begin.endsWith('}') || !/^\{\s*"/.test(begin))) return undefined
  let depth = openBraces(begin)
  if (depth === undefined || depth <= 0) return undefined
  return {
    shape: 'json',
    isClosed: () => false,
    fit(text) {
      const line = text.trim()
      if (text.startsWith('{') || !/^["{}[\]\-0-9tfn]/.test(line) || laravelHead.test(text)) return 'ends'
      const opened = openBraces(line)
      if (opened === undefined) return 'ends'
      depth = (depth ?? 0) + opened
      return depth <= 0 ? 'joins-last' : 'joins'
    },
  }
}

/** How many braces and brackets a row of JSON leaves open; undefined where it ends within a text, which JSON never does. */
function openBraces(text: string): number | undefined {
  let open = 0
  let isInText = false
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (isInText) {
      if (code === 92) index += 1
      else if (code === 34) isInText = false
    } else if (code === 34) isInText = true
    else if (code === 123 || code === 91) open += 1
    else if (code === 125 || code === 93) open -= 1
  }
  return isInText ? undefined : open
}
