import { nearestWords } from '../config/nearest.ts'
import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import type { ObservedDeployment, ObservedService, ObservedState } from '../platform/observed-state.ts'

/** The named one; else the api, or the only one that runs artisan by its start command. */
export function artisanService(named: string | undefined, state: ObservedState): ObservedService {
  const { services, environment } = state
  const byName = services.find(({ name }) => name === (named ?? 'api'))
  if (byName !== undefined) return byName
  const names = services.map(({ name }) => name)
  if (named !== undefined) {
    throw new OperatorError({
      kind: 'usage',
      code: 'unknown-service',
      message: `Environment ${environment.name} has no service ${named}${nearestWords(named, names)}.`,
      hint: 'Name one with --service, as status shows it.',
    })
  }
  const candidates = services.filter(({ settings }) => /\bartisan\b/.test(settings.startCommand ?? ''))
  const [only, other] = candidates
  if (only !== undefined && other === undefined) return only
  const which = only === undefined ? 'none of its services runs artisan' : 'several of its services run artisan'
  throw new OperatorError({
    kind: 'usage',
    code: 'unknown-service',
    message: `${environment.name} has no service called api, and ${which}: where to run this would be a guess.`,
    hint: `Name one with --service: ${listed(only === undefined ? names : candidates.map(({ name }) => name), 'or')}.`,
  })
}

/** There is a container only where something runs. */
export function runningOf({ name, active }: ObservedService, environment: string): ObservedDeployment {
  const running = active.find(({ status, isStopped, runningInstances }) => {
    return status === 'live' && !isStopped && runningInstances > 0
  })
  if (running !== undefined) return running
  throw new OperatorError({
    kind: 'failed',
    code: 'nothing-active',
    message: `No container of ${name} runs in ${environment}, and artisan needs one. Nothing was run.`,
    hint: `Run: fakturino status -e ${environment}`,
  })
}
