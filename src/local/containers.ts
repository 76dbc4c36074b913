import type { Agenda } from './agenda.ts'
import type { Deployment } from './model.ts'
import type { Runtime } from './runtime/runtime.ts'

const restartDelayMs = 500
const defaultRetries = 10

/** The containers of a deployment: they start, they are started again by the restart policy, they stop. */
export class Containers {
  readonly #agenda: Agenda
  readonly #runtime: Runtime

  constructor(agenda: Agenda, runtime: Runtime) {
    this.#agenda = agenda
    this.#runtime = runtime
  }

  /** `gone` is called when they have exited and the restart policy says no more; each start that succeeds calls `started`. */
  start(deployment: Deployment, started: () => void, gone: (code: number) => void): void {
    const run = ++deployment.run
    const isCurrent = () => run === deployment.run
    const end = (code: number) => {
      deployment.run++
      for (const instance of deployment.instances) instance.status = code === 0 ? 'EXITED' : 'CRASHED'
      gone(code)
    }
    this.#runtime.start(deployment, {
      started: () => {
        if (!isCurrent()) return
        deployment.startedAt = this.#agenda.now()
        for (const instance of deployment.instances) instance.status = 'RUNNING'
        started()
      },
      exited: (code) => {
        if (!isCurrent()) return
        if (!startsAgain(deployment, code)) {
          end(code)
          return
        }
        deployment.restarts++
        for (const instance of deployment.instances) instance.status = 'RESTARTING'
        this.#agenda.in(restartDelayMs, () => {
          if (isCurrent()) this.start(deployment, started, gone)
        })
      },
      failed: () => {
        if (isCurrent()) end(1)
      },
    })
  }

  /** They are down; word from them counts no more. */
  halt(deployment: Deployment, status: 'STOPPED' | 'RESTARTING' | 'REMOVED'): void {
    deployment.run++
    this.#runtime.stop(deployment)
    for (const instance of deployment.instances) instance.status = status
  }
}

/** What the restart policy says of containers that exited with that code. */
export function startsAgain({ settings, restarts }: Pick<Deployment, 'settings' | 'restarts'>, code: number): boolean {
  const { restartPolicyType, restartPolicyMaxRetries } = settings.deploy ?? {}
  if (restartPolicyType === 'ALWAYS') return true
  if (restartPolicyType === 'NEVER') return false
  return code !== 0 && restarts < (restartPolicyMaxRetries ?? defaultRetries)
}
