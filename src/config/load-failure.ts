import { dirname } from 'node:path'
import { OperatorError } from '../kit/errors.ts'
import { clipped } from '../kit/text.ts'
import * as author from './define.ts'
import { nearestWords } from './nearest.ts'

/** Why a config could not be run, told with the file and the line where they are known. */
export function loadFailure(path: string, thrown: unknown): OperatorError {
  const { message, hint } = told(path, thrown)
  return new OperatorError({ kind: 'usage', code: 'config-unreadable', message, hint })
}

function told(path: string, thrown: unknown): { message: string; hint: string } {
  if (!isErrorLike(thrown)) {
    return {
      message: `${path} threw ${typeof thrown === 'string' ? `'${clipped(thrown, 200)}'` : 'something that is no error'}.`,
      hint: 'A config should only describe; remove what throws.',
    }
  }
  const text = clipped(firstLine(thrown.message), 300)
  const syntax = /^(?:ParseError|SyntaxError): (.*?)\s*\n\s*(\S.*:\d+:\d+)\s*$/s.exec(thrown.message)
  if (syntax !== null) {
    const [, what = '', where = path] = syntax
    return { message: `${where} cannot be read: ${clipped(firstLine(what).trim(), 300)}`, hint: `Correct ${where}.` }
  }
  if (thrown.name === 'SyntaxError') {
    return { message: `${path} cannot be read: ${text}`, hint: `Correct ${path}.` }
  }
  const where = whereThrown(path, thrown.stack)
  if (thrown.code === 'MODULE_NOT_FOUND' || thrown.code === 'ERR_MODULE_NOT_FOUND') {
    const [, missing = 'a module'] = /'([^']+)'/.exec(text) ?? []
    return {
      message: `${path} imports '${missing}', which cannot be found from there.`,
      hint: 'Correct the import, or install the package next to the config.',
    }
  }
  const misspelt = /_fakturino\.(\w+)\)? is not a function/.exec(thrown.message)?.[1]
  if (misspelt !== undefined) {
    return {
      message: `${where} calls ${misspelt}, but fakturino exports no ${misspelt}${nearestWords(misspelt, exported)}.`,
      hint: 'Correct the import from fakturino.',
    }
  }
  return { message: `${where} failed: ${text}`, hint: `Correct ${where}.` }
}

const exported = Object.keys(author)

/** The first line of the stack that is the author's own. */
function whereThrown(path: string, stack = ''): string {
  const places = [
    ...stack.matchAll(/(?:\(|at (?:async )?)(?:file:\/\/)?(\/[^\s()]+|[A-Za-z]:[^\s()]+):(\d+):\d+\)?$/gm),
  ]
  const own = places.find(([, file = '']) => file.startsWith(dirname(path)) && !file.includes('/node_modules/'))
  return own === undefined ? path : `${own[1]}:${own[2]}`
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

interface ErrorLike {
  name?: string
  message: string
  stack?: string
  code?: string
}

/** Errors of another realm are no instances of ours, so they are told by their shape. */
function isErrorLike(thrown: unknown): thrown is ErrorLike {
  return typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string'
}
