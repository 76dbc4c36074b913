import type { DesiredState } from '../config/desired.ts'
import { holdsReference } from '../config/expressions.ts'
import { own } from '../config/own.ts'
import type { RequiredSecret, RolloutFlag } from '../config/rollout.ts'
import type { Finding } from '../kit/finding.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed } from '../kit/text.ts'
import { liveDeployment } from '../plan/plan-deployments.ts'
import type { ObservedState } from '../platform/observed-state.ts'

/** What a flag needs before it takes its risky value, and what of it is not there. Pure; only the running and the stored tell. */
export function missingRequirements(
  flag: RolloutFlag,
  state: ObservedState,
  { watched }: Pick<DesiredState, 'watched'>,
): Finding[] {
  const { services, secrets, queues } = flag.requires
  return [
    ...services.flatMap((required) => missingService(flag, required, state)),
    ...secrets.flatMap((secret) => missingSecret(flag, secret, state)),
    ...queues.flatMap((queue) => {
      const workers = watched.workers.filter((worker) => worker.queues.includes(queue)).map(({ service }) => service)
      const isConsumed = workers.some((name) => isUp(state, name))
      if (isConsumed) return []
      return [
        missing(
          flag,
          state,
          workers.length === 0
            ? `no worker of the config works on the queue ${queue}`
            : `${listed(workers)} works on the queue ${queue} and does not run`,
          workers.length === 0
            ? `Name ${queue} in the queues of a worker of the config, and deploy it.`
            : `Run: fakturino deploy ${workers.map(shellWord).join(' ')} -e ${shellWord(state.environment.name)}`,
        ),
      ]
    }),
  ]
}

function missingService(
  flag: RolloutFlag,
  { name, pending }: RolloutFlag['requires']['services'][number],
  state: ObservedState,
): Finding[] {
  const environment = state.environment.name
  if (pending !== undefined) {
    return [
      missing(
        flag,
        state,
        `${name} is pending: ${pending}`,
        `Once it is built, take status: 'pending' from ${name} in the config and run: fakturino deploy ${shellWord(name)} -e ${shellWord(environment)}`,
      ),
    ]
  }
  if (isUp(state, name)) return []
  const isThere = state.services.some((service) => service.name === name && service.latest !== undefined)
  return [
    missing(
      flag,
      state,
      isThere ? `${name} does not run` : `${name} is not configured in ${environment}`,
      `Run: fakturino deploy ${shellWord(name)} -e ${shellWord(environment)}`,
    ),
  ]
}

function missingSecret(flag: RolloutFlag, { name, holders }: RequiredSecret, state: ObservedState): Finding[] {
  const environment = state.environment.name
  const there = holders.flatMap(({ service, variable }) => {
    const observed = state.services.find((one) => one.name === service)
    return observed === undefined ? [] : [{ service, held: own(observed.variables, variable) }]
  })
  const without = there.filter(({ held }) => held === undefined || ('value' in held && held.value.reveal() === ''))
  const supply = `Put ${name} into a file and run: fakturino deploy -e ${shellWord(environment)} --secrets-file FILE`
  if (there.length === 0 || without.length > 0) {
    const who = without.length === 0 ? 'nobody' : listed(without.map(({ service }) => service))
    return [
      missing(
        flag,
        state,
        without.length === 0 ? `nobody holds ${name}` : `${who} ${without.length === 1 ? 'has' : 'have'} no ${name}`,
        supply,
      ),
    ]
  }
  const values = there.flatMap(({ held }) => (held !== undefined && 'value' in held ? [held.value.reveal()] : []))
  const comparable = values.filter((value) => !holdsReference(value))
  if (new Set(comparable).size <= 1) return []
  return [
    missing(flag, state, `${listed(there.map(({ service }) => service))} hold different values of ${name}`, supply),
  ]
}

function isUp({ services }: ObservedState, name: string): boolean {
  const live = liveDeployment(services.find((service) => service.name === name))
  return live !== undefined && live.status === 'live' && live.runningInstances > 0 && !live.isStopped
}

function missing({ name, variable }: RolloutFlag, { environment }: ObservedState, what: string, fix: string): Finding {
  return {
    code: 'requirement-missing',
    severity: 'critical',
    subject: name,
    message: `${name} needs what ${environment.name} does not have: ${what}.`,
    evidence: { environment: environment.name, variable },
    fix,
  }
}
