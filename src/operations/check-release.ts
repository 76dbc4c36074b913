import type { DesiredState } from '../config/desired.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { aside, type CheckResult } from '../verify/check.ts'
import { checkEnvironment } from './check-environment.ts'
import type { DeployedService, VerifyNeeds } from './verify-release.ts'

/**
 * Asks what was just deployed, beyond whether it is up: the parts of its health, whether what nobody asks over HTTP is alive, and
 * whether errors came with it. One or two requests. What is advisory, what belongs to a feature behind a flag, and what could not be
 * asked is said, and fails nothing.
 */
export async function checkRelease(
  { desired, deployed, state, startedAt }: ReleaseToCheck,
  needs: VerifyNeeds,
): Promise<CheckResult[]> {
  const services = deployed.map(({ service }) => service.name)
  const since = (state.platformTime ?? needs.clock.now()) - (needs.clock.now() - startedAt)
  const asked = { state, desired, services, since }
  const { check } = await checkEnvironment({ ...asked, only: ['workers', 'scheduler', 'errorBurst'] }, needs)
  const found = [...(await healthOf(asked, needs)), ...check.checks]
  const results = found.map((result) => (isGate(result, desired) ? result : aside(result)))
  const told = new Set<string>()
  for (const { finding } of results) {
    // What could not be read is missed by several checks.
    if (finding === undefined || (finding.code === 'log-not-read' && told.has(finding.code))) continue
    told.add(finding.code)
    await needs.report({ type: 'finding', finding })
  }
  return results
}

interface ReleaseToCheck {
  desired: DesiredState
  deployed: readonly DeployedService[]
  /** As it is now. */
  state: ObservedState
  /** When the release began, by our own clock (milliseconds). */
  startedAt: number
}

/** Asks so often as liveness does, until nothing critical fails: right after a start one bad answer is no verdict. */
async function healthOf(
  asked: Parameters<typeof checkEnvironment>[0],
  needs: VerifyNeeds,
): Promise<readonly CheckResult[]> {
  const { successes, gapMs } = needs.timing.liveness
  for (let left = successes; ; left -= 1) {
    const { check } = await checkEnvironment({ ...asked, only: ['health'] }, needs)
    if (left <= 1 || check.verdict !== 'fail') return check.checks
    await needs.clock.sleep(gapMs, needs.signal)
  }
}

/** Does it decide whether a release is good? */
function isGate({ check, outcome }: CheckResult, { watched }: DesiredState): boolean {
  const asked = watched.checks.find(({ name }) => name === check)
  if (asked !== undefined) return asked.flag === undefined
  return outcome === 'fail' && ['alive', 'scheduler-looks', 'error-burst'].includes(check)
}
