import type { DesiredService, DesiredState } from '../config/desired.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { hold, type JsonObject, type Run, type Step } from './tour.ts'

/** What a commit of the tour does: its health check never passes, it crashes soon after it was live, or nothing is wrong with it. */
type Behaviour = 'crash' | 'crash-after-success' | 'healthy'

export interface MisfortuneNeeds {
  /** Adds a commit that nobody is told about. */
  addCommit(behaviour: Behaviour): string
  /** Lets a moment pass. */
  pause(): Promise<void>
}

/**
 * What happens when a release goes wrong, in the first environment: a commit whose health check fails, one that crashes after the
 * platform called it a success, the way back, one that is put back by itself, and a deploy that is interrupted and gone on with.
 * Nothing where no code has a health check to fail.
 */
export function misfortuneSteps(desired: DesiredState | undefined, { addCommit, pause }: MisfortuneNeeds): Step[] {
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
        const commit = addCommit('crash')
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
        const events = await run(['deploy', '-e', name, '--commit', addCommit('crash-after-success'), '--yes'], 1)
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
    {
      name: 'put-back',
      title: 'Deploy a commit that is put back by itself',
      async act(run) {
        const commit = addCommit('crash-after-success')
        const events = await run(['deploy', '-e', name, '--commit', commit, '--auto-rollback', '--yes'], 3)
        holdFailure(events, 'rolled-back', first, later)
        const status = await serviceStatus(first, name, run)
        hold(status.revision === before && status.healthy === true, `${first.name} was not put back`)
        return [
          `The deploy ended with 3, and ${first.name} serves ${shortCommit(before)} without anybody's doing.${kept}`,
        ]
      },
    },
    {
      name: 'interrupted',
      title: 'Interrupt a deploy, and go on with it',
      async act(run) {
        const commit = addCommit('healthy')
        const argv = ['deploy', '-e', name, '--commit', commit, '--yes']
        const begun = createdIn(await run(argv, 130, 'deployment-created'))
        hold(begun.length > 0, 'nothing was started before the interruption')
        const events = await run(argv)
        hold(
          events.some((event) => event.type === 'operation-unfinished'),
          'the next deploy did not say what was unfinished',
        )
        const twice = begun.filter((service) => createdIn(events).includes(service))
        hold(twice.length === 0, `${listed(twice.map(String))} was started twice`)
        const status = await serviceStatus(first, name, run)
        hold(status.revision === commit && status.healthy === true, `${first.name} does not serve the new commit`)
        return [
          `Interrupted with ${listed(begun.map(String))} on its way; the next deploy followed it, and started the rest.`,
        ]
      },
    },
  ]
}

function createdIn(events: readonly JsonObject[]): unknown[] {
  return events.filter((event) => event.type === 'deployment-created').map((event) => event.service)
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
  const created = createdIn(events)
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
