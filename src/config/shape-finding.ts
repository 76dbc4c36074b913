import type { BaseIssue } from 'valibot'
import type { Finding } from '../kit/finding.ts'
import { listed } from '../kit/text.ts'
import { critical } from './config-finding.ts'
import { nearest } from './nearest.ts'
import { unknownKey } from './shape.ts'

/** What is wrong with a config's shape, in our words. Never shows the value itself: it may be a secret in the wrong place. */
export function shapeFinding(issue: BaseIssue<unknown>): Finding {
  const at = pathOf(issue).join('.') || 'the config'
  if (issue.received === unknownKey) {
    return critical('unknown-key', {
      at,
      says: issue.message,
      fix: issue.expected ? `rename it to '${issue.expected}'` : 'remove it',
    })
  }
  if (isMissingKey(issue)) return critical('missing-key', { at, says: 'is missing' })
  const choices = choicesOf(issue)
  if (choices.length > 0) {
    const meant = typeof issue.input === 'string' ? nearest(issue.input, choices) : undefined
    return critical('wrong-choice', {
      at,
      says: `must be ${listed(
        choices.map((choice) => `'${choice}'`),
        'or',
      )}${meant === undefined ? '' : `; the nearest is '${meant}'`}`,
      ...(meant === undefined ? {} : { fix: `write '${meant}'` }),
    })
  }
  if (!issue.message.startsWith('Invalid ')) {
    return critical(issue.kind === 'schema' ? 'wrong-type' : 'wrong-value', { at, says: issue.message })
  }
  return critical('wrong-type', {
    at,
    says: `must be ${expectedWords[issue.expected ?? ''] ?? issue.expected}, not ${nounOf(issue.input)}`,
  })
}

/** The keys that lead to an issue. */
export function pathOf(issue: BaseIssue<unknown>): string[] {
  return (issue.path ?? []).map((item) => String(item.key))
}

function isMissingKey(issue: BaseIssue<unknown>): boolean {
  return issue.type === 'loose_object' && issue.path?.at(-1)?.origin === 'key'
}

function choicesOf(issue: BaseIssue<unknown>): string[] {
  if (!['picklist', 'literal', 'variant'].includes(issue.type) || !issue.message.startsWith('Invalid ')) return []
  return [...(issue.expected ?? '').matchAll(/"([^"]*)"/g)].map(([, choice = '']) => choice)
}

const expectedWords: Record<string, string> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  Object: 'an object',
  Array: 'a list',
  true: 'true',
}

function nounOf(input: unknown): string {
  if (input === undefined) return 'nothing'
  if (input === null) return 'null'
  if (Array.isArray(input)) return 'a list'
  return (
    { string: 'text', number: 'a number', boolean: 'true or false', object: 'an object' }[String(typeof input)] ??
    typeof input
  )
}
