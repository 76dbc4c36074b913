import type { CheckResult } from './check.ts'

/** How an item of the checklist that a check proves came out. `why`: of what is red or undecided, and what is said beside what is green. */
export interface JudgedItem {
  outcome: 'green' | 'red' | 'undecided'
  why?: string
  /** Asked again in a moment it would come out the same. */
  isLasting?: true
}

/**
 * An item is green where its check was passed and nothing that belongs to it is wrong. What was skipped, or could not be asked, proves
 * nothing: unlike in a look at everything, here somebody counts on the answer. Pure.
 */
export function judgeItem(check: string, results: readonly CheckResult[]): JudgedItem {
  const own = results.filter((result) => result.check === check)
  const failed = own.filter(({ outcome }) => outcome === 'fail')
  const critical = failed.find(({ finding }) => finding?.severity !== 'advisory')
  if (critical !== undefined) return { outcome: 'red', ...why(critical) }
  const unknown = own.find(({ outcome }) => outcome === 'unknown')
  if (unknown !== undefined) return { outcome: 'undecided', ...why(unknown) }
  const [advisory] = failed
  if (own.some(({ outcome }) => outcome === 'pass') || advisory !== undefined) {
    return { outcome: 'green', ...(advisory === undefined ? {} : why(advisory)) }
  }
  const [skipped] = own
  if (skipped === undefined)
    return { outcome: 'undecided', why: `the check ${check} has nothing to ask`, isLasting: true }
  const isLasting = !/\bjust now\b/.test(skipped.reason ?? '')
  return { outcome: 'undecided', ...why(skipped), ...(isLasting ? { isLasting } : {}) }
}

function why({ finding, reason, service }: CheckResult): { why: string } {
  return { why: finding?.message ?? `${service} was not asked: ${reason ?? 'nothing says why'}` }
}
