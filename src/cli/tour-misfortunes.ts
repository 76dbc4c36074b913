import type { DesiredService, DesiredState } from '../config/desired.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { hold, type JsonObject, type Run, type Step } from './tour.ts'

/** How a commit of the tour goes wrong: its health check never passes, or it crashes soon after it was live. */
type Misfortune = 'crash' | 'crash-after-success'

export interface MisfortuneNeeds {
  /** Adds a commit that goes wrong, which nobody is told about. */
  badCommit(misfortune: Misfortune): string
  /** Lets a moment pass. */
  pause(): Promise<void>
}

/**
 * What happens when a release goes wrong, in the first environment: a commit whose health check fails, one that crashes after the
 * platform called it a success, and the way back. Nothing where no code has a health check to fail.
 */
export function misfortuneSteps(desired: DesiredState | undefined, { badCommit, pause }: MisfortuneNeeds): Step[] {
  const first = desired?.services.find(
    (service) => service.codebase !== undefined && service.settings.healthcheckPath !== undefined,
  )
  if (desired === undefined || first === undefined) return []
  const { name } = desired.environment
  const later = desired.services.filter((service) => service.codebase === first.codebase && service.level > first.level)
  const kept = later.length === 0 ? '' : ` ${listed(later.map((service) => service.name))} stayed as they were.`
  let before = ''
  return [
    {
      name: 'failing-health-check',
      title: 'Deploy a commit whose health check fails',
      async act(run) {
        before = await revisionOf(first, name, run)
        const commit = badCommit('crash')
        const events = await run(['deploy', '-e', name, '--commit', commit, '--yes'], 1)
        holdFailure(events, 'deployment-failed', first, later)
        // What has a volume was stopped for the new one, and takes a moment to come back.
        let status = await serviceStatus(first, name, run)
        for (let look = 1; look < 5 && status.healthy !== true; look += 1) {
          await pause()
          status = await serviceStatus(first, name, run)
        }
        hold(status.revision === before && status.healthy === true, `${first.name} does not serve the commit before`)
        const serves = first.volume === undefined ? 'keeps serving' : 'is back, serving'
        return [`The deploy ended with 1; ${first.name} ${serves} ${shortCommit(before)}.${kept}`]
      },
    },
    {
      name: 'crash-after-success',
      title: 'Deploy a commit that crashes after it is live',
      async act(run) {
        const events = await run(['deploy', '-e', name, '--commit', badCommit('crash-after-success'), '--yes'], 1)
        holdFailure(events, 'deployment-crashed', first, later)
        return [`The platform called it a success; the deploy did not, and ended with 1.${kept}`]
      },
    },
    {
      name: 'way-back',
      title: 'Go back to the commit before',
      async act(run) {
        await run(['deploy', '-e', name, '--commit', before, '--yes'])
        const status = await serviceStatus(first, name, run)
        hold(status.revision === before && status.healthy === true, `${first.name} is not back at the commit before`)
        return [`${first.name} serves ${shortCommit(before)} again.`]
      },
    },
  ]
}

/** The deploy failed for the right reason, and went no further than the first service of the codebase. */
function holdFailure(
  events: JsonObject[],
  code: string,
  first: DesiredService,
  later: readonly DesiredService[],
): void {
  const failure = events.at(-1)
  hold(failure?.code === code, `the deploy failed with ${String(failure?.code)} instead of ${code}`)
  const created = events.filter((event) => event.type === 'deployment-created').map((event) => event.service)
  hold(created.includes(first.name), `${first.name} was not deployed`)
  const touched = later.filter((service) => created.includes(service.name))
  hold(touched.length === 0, `${listed(touched.map((service) => service.name))} was deployed all the same`)
}

async function revisionOf(service: DesiredService, environment: string, run: Run): Promise<string> {
  const { revision } = await serviceStatus(service, environment, run)
  hold(typeof revision === 'string', `${service.name} in ${environment} runs nothing`)
  return String(revision)
}

async function serviceStatus(service: DesiredService, environment: string, run: Run): Promise<JsonObject> {
  const [status] = await run(['status', '-e', environment])
  const services = status?.services
  const found = Array.isArray(services) ? services.find((one: JsonObject) => one.name === service.name) : undefined
  hold(found !== undefined, `${environment} has no ${service.name}`)
  return found ?? {}
}
