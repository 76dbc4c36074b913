import { sideBySide } from '../kit/side-by-side.ts'
import type { CheckResult } from './check.ts'
import type { CheckNeeds, CheckSubject, Look } from './check-subject.ts'
import type { CheckTools } from './check-tools.ts'
import { type CheckKind, checks } from './checks/index.ts'
import { createReadings } from './readings.ts'

/** What checks found. */
export interface Checked {
  results: CheckResult[]
  /** The metrics as they were, for the answer and for looks to come. */
  look: Look
}

/** Checks at a time: they wait for answers, and the platform and the services are not there for us alone. */
const atATime = 6

/**
 * Asks the running world, independent checks side by side. Whatever the world does is an answer; only an interruption and our own
 * mistakes are thrown. @param only these kinds; all of them when absent
 */
export async function runChecks(
  subject: CheckSubject,
  needs: CheckNeeds,
  only: readonly CheckKind[] = kinds,
): Promise<Checked> {
  const now = subject.state.platformTime ?? needs.clock.now()
  const tools: CheckTools = { ...needs, now, readings: createReadings(subject, now, needs), figures: [] }
  const at = needs.clock.now()
  const results = await sideBySide(
    atATime,
    kinds.filter((kind) => only.includes(kind)).map((kind) => () => checks[kind](subject, tools)),
  )
  const { name } = subject.state.environment
  return {
    results: results.flat().map((result) => withEnvironment(result, name)),
    look: { at, figures: tools.figures },
  }
}

const kinds: readonly CheckKind[] = Object.keys(checks).filter((name): name is CheckKind => Object.hasOwn(checks, name))

/** A command that a fix ends with is about the environment that was checked. */
function withEnvironment(result: CheckResult, environment: string): CheckResult {
  const { finding } = result
  if (finding?.fix === undefined || !/\bfakturino [^`]*$/.test(finding.fix) || !/^[\w-]+$/.test(environment))
    return result
  return { ...result, finding: { ...finding, fix: `${finding.fix} -e ${environment}` } }
}
