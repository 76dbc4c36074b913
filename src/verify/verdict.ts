import type { CheckResult } from './check.ts'

/** `inconclusive`: nothing failed, but not everything could be judged. */
export type Verdict = 'pass' | 'fail' | 'inconclusive'

/**
 * One critical failure fails; advisory ones are said and pass; something unknown, or nothing judged at all, is inconclusive. What was
 * skipped, or is only said, counts as nothing.
 */
export function verdict(results: readonly CheckResult[]): Verdict {
  const counted = results.filter((result) => result.isAside !== true)
  const failed = counted.filter((result) => result.outcome === 'fail')
  if (failed.some((result) => result.finding?.severity !== 'advisory')) return 'fail'
  if (counted.some((result) => result.outcome === 'unknown')) return 'inconclusive'
  return counted.some((result) => result.outcome === 'pass') ? 'pass' : 'inconclusive'
}
