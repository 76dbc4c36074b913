import { isRecord } from '../kit/json.ts'
import type { PrintedLine } from './log-writer.ts'
import { type Severity, severities } from './model.ts'
import { type CommitBehaviour, type CommitSeed, commitBehaviours } from './repositories.ts'

// What may stand in the body of a control request. Each answers a text that says what is wrong with it.

interface PushedCommit {
  repo: string
  branch: string
  commit: CommitSeed
}

export function parseCommit(body?: string): PushedCommit | string {
  const value = parseObject(body)
  if (typeof value === 'string') return value
  const { repo, branch, message, behaviour } = value
  if (typeof repo !== 'string' || !/^[^/\s]+\/[^/\s]+$/.test(repo)) return 'repo must read owner/name'
  if (typeof branch !== 'string' || branch === '') return 'branch must be a name'
  if (message !== undefined && typeof message !== 'string') return 'message must be text'
  if (behaviour !== undefined && !isBehaviour(behaviour))
    return `behaviour must be one of ${commitBehaviours.join(', ')}`
  return {
    repo,
    branch,
    commit: { ...(message !== undefined && { message }), ...(behaviour !== undefined && { behaviour }) },
  }
}

interface PrintedLines {
  environmentId: string
  serviceId: string
  lines: PrintedLine[]
}

export function parseLines(body?: string): PrintedLines | string {
  const value = parseObject(body)
  if (typeof value === 'string') return value
  const { environmentId, serviceId, lines } = value
  if (typeof environmentId !== 'string' || typeof serviceId !== 'string')
    return 'environmentId and serviceId must be ids'
  if (!Array.isArray(lines) || lines.length === 0) return 'lines must be a list with something in it'
  const parsed: PrintedLine[] = []
  for (const [index, line] of lines.entries()) {
    const read = parseLine(line)
    if (typeof read === 'string') return `lines[${index}]: ${read}`
    parsed.push(read)
  }
  return { environmentId, serviceId, lines: parsed }
}

const keysOfLine = ['message', 'severity', 'attributes', 'instanceId', 'nanoseconds', 'lateMs']

function parseLine(line: unknown): PrintedLine | string {
  if (!isRecord(line)) return 'a line must be an object'
  const odd = Object.keys(line).find((key) => !keysOfLine.includes(key))
  if (odd !== undefined) return `there is no ${odd}, only ${keysOfLine.join(', ')}`
  const { message, severity, attributes, instanceId, nanoseconds, lateMs } = line
  if (typeof message !== 'string') return 'message must be text'
  if (severity !== undefined && !isSeverity(severity)) return `severity must be one of ${severities.join(', ')}`
  if (attributes !== undefined && !isRecord(attributes)) return 'attributes must be an object'
  if (instanceId !== undefined && typeof instanceId !== 'string') return 'instanceId must be an id'
  if (nanoseconds !== undefined && !isCount(nanoseconds, 999_999)) return 'nanoseconds must be from 0 to 999999'
  if (lateMs !== undefined && !isCount(lateMs, 86_400_000)) return 'lateMs must be from 0 to a day'
  return {
    message,
    ...(severity !== undefined && { severity }),
    ...(attributes !== undefined && { attributes }),
    ...(instanceId !== undefined && { instanceId }),
    ...(nanoseconds !== undefined && { nanoseconds }),
    ...(lateMs !== undefined && { lateMs }),
  }
}

export interface AskedIncident {
  /** Undefined ends the trouble. */
  incident: { message: string; url: string } | undefined
}

/** `{}` ends the trouble. */
export function parseIncident(body?: string): AskedIncident | string {
  const value = parseObject(body)
  if (typeof value === 'string') return value
  if (Object.keys(value).length === 0) return { incident: undefined }
  const { message, url } = value
  if (typeof message !== 'string' || message === '') return 'message must be text'
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return 'url must begin with http:// or https://'
  return { incident: { message, url } }
}

/** A text says why it is no object. */
function parseObject(body = ''): Record<string, unknown> | string {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return 'The body is no JSON'
  }
  return isRecord(value) ? value : 'The body must be an object'
}

function isSeverity(value: unknown): value is Severity {
  return severities.some((severity) => severity === value)
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
}

function isBehaviour(value: unknown): value is CommitBehaviour {
  return commitBehaviours.some((behaviour) => behaviour === value)
}
