import { isRecord } from '../kit/json.ts'
import type { LogLevel } from './log-entry.ts'

/** By the words that loggers use, in lower case. */
const levels: Readonly<Record<string, LogLevel>> = {
  trace: 'debug',
  debug: 'debug',
  debg: 'debug',
  verbose: 'debug',
  blat: 'debug',
  info: 'info',
  information: 'info',
  notice: 'info',
  log: 'info',
  ok: 'info',
  success: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  erro: 'error',
  err: 'error',
  fail: 'error',
  fatal: 'error',
  critical: 'error',
  crit: 'error',
  alert: 'error',
  emergency: 'error',
  emerg: 'error',
  panic: 'error',
}

/** No logger writes its level behind so many characters. */
const headLength = 240

const laravel = /^\[\d{4}-\d\d-\d\d[ T][\d:.+-]{8,24}Z?\] [\w-]{1,60}\.([A-Z]{3,12}):/
/** `2025-11-10 20:10:10,123 WARN exited: …`, and Python's ` - name - LEVEL - `. */
const supervisor = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ([A-Z]{4,8}) (.*)/
const python = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:,\d{3})? - [\w.:-]{1,100} - ([A-Z]{4,8}) - /
const phpFpm = /^\[\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d[^\]]{0,40}\] (?:([A-Z]{4,8}):)?(.*)/
/** Access lines: php-fpm's `127.0.0.1 -  14/Nov/2025:16:25:06 +0000 "GET /index.php" 503`, and nginx's. */
const access = /^[\d.:a-fA-F-]{1,45} - {1,2}\S{0,100} {0,2}\[?\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]? "/
const nginx = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[([a-z]{4,6})\] /
const postgres =
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})? [A-Z]{3,4} \[\d+\](?: \S{1,80}){0,2} {1,2}([A-Z]{3,9}\d?): /
/** `1:M 14 Nov 2025 16:25:02.123 * Ready`; the sign is the level. */
const redis = /^\d+:[XCSM] \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} ([.*#-]) /
const php = /^(?:PHP )?(Fatal error|Parse error|Recoverable fatal error|Warning|Notice|Deprecated): /
/** `   INFO  Nothing to migrate.`, as artisan prints it. */
const artisan = /^ {1,4}(INFO|WARN|ERROR|DEBUG|SUCCESS) {1,3}\S/
/** `   2025_11_15_100001_add_indexes ...... 5.73ms FAIL` */
const artisanTask = /^ {1,6}\S.* (?:[\d.]+(?:ms|s) )?(FAIL|DONE)\s*$/
const firstWord = /^\[?(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|PANIC)\]?[:\s]/i
const plainFailure = /^(?:In [\w.-]{1,80} line \d+:|Traceback \(most recent call last\):|Build Failed:|SQLSTATE\[)/

/** How bad a line is by its own words; undefined where it has none. */
export function levelInText(text: string): LogLevel | undefined {
  const head = text.length > headLength ? text.slice(0, headLength) : text
  switch (kindOf(head.charCodeAt(0))) {
    case 'digit':
      return levelBehindTime(head)
    case 'bracket':
      return levelInBrackets(head)
    case 'blank': {
      const word = artisan.exec(head)?.[1]
      if (word !== undefined) return levelNamed(word)
      return artisanTask.exec(head)?.[1] === 'FAIL' ? 'error' : undefined
    }
    case 'other':
      return levelAtFront(head)
  }
}

/** How bad the fields of a structured line say it is; undefined where they do not. */
export function levelInFields(fields: Readonly<Record<string, unknown>>): LogLevel | undefined {
  for (const name of ['level_name', 'levelname', 'level', 'severity', 'lvl']) {
    const level = Object.hasOwn(fields, name) ? levelNamed(fields[name]) : undefined
    if (level !== undefined) return level
  }
  return undefined
}

/** A logger's word or number as one of ours: Monolog counts in hundreds, pino in tens. */
export function levelNamed(word: unknown): LogLevel | undefined {
  if (typeof word === 'string') {
    const plain = word.trim().toLowerCase()
    return Object.hasOwn(levels, plain) ? levels[plain] : undefined
  }
  if (typeof word !== 'number' || word < 10) return undefined
  const hundreds = word < 100 ? (word >= 50 ? 400 : word >= 40 ? 300 : word >= 30 ? 200 : 100) : word
  const isPinoError = word === 50 || word === 60
  if (isPinoError || hundreds >= 400) return 'error'
  return hundreds >= 300 ? 'warn' : hundreds >= 200 ? 'info' : 'debug'
}

/** The platform's own word, which stands for the stream that a line came from. */
export function levelOfPlatform(attributes: unknown, severity: string | undefined): LogLevel {
  return (isRecord(attributes) ? levelInFields(attributes) : undefined) ?? levelNamed(severity) ?? 'info'
}

function levelBehindTime(head: string): LogLevel | undefined {
  const named = python.exec(head)?.[1] ?? nginx.exec(head)?.[1] ?? postgres.exec(head)?.[1]
  if (named !== undefined) return levelNamed(named.replace(/\d$/, '')) ?? 'info'
  const [, word, said = ''] = supervisor.exec(head) ?? []
  // It calls it information when it gives up.
  if (word !== undefined) return said.includes('FATAL state') ? 'error' : levelNamed(word)
  const sign = redis.exec(head)?.[1]
  if (sign !== undefined) return sign === '#' ? 'warn' : sign === '*' ? 'info' : 'debug'
  return access.test(head) ? 'info' : undefined
}

function levelInBrackets(head: string): LogLevel | undefined {
  const ofLaravel = laravel.exec(head)?.[1]
  if (ofLaravel !== undefined) return levelNamed(ofLaravel)
  const [whole, word, said = ''] = phpFpm.exec(head) ?? []
  if (whole === undefined) return levelNamed(firstWord.exec(head)?.[1])
  return levelAtFront(said.trimStart().replace(/^PHP message: /, '')) ?? levelNamed(word)
}

function levelAtFront(head: string): LogLevel | undefined {
  if (head.startsWith('❌')) return 'error'
  if (head.startsWith('✅')) return 'info'
  const ofPhp = php.exec(head)?.[1]
  if (ofPhp !== undefined) return ofPhp.endsWith('error') ? 'error' : ofPhp === 'Warning' ? 'warn' : 'info'
  if (plainFailure.test(head)) return 'error'
  return levelNamed(firstWord.exec(head)?.[1]) ?? (access.test(head) ? 'info' : undefined)
}

function kindOf(code: number): 'digit' | 'bracket' | 'blank' | 'other' {
  if (code >= 48 && code <= 57) return 'digit'
  if (code === 91) return 'bracket'
  return code === 32 ? 'blank' : 'other'
}
