import { isRecord } from '../kit/json.ts'
import { listed } from '../kit/text.ts'
import { parseCondition } from './condition.ts'
import { parseLines } from './control-requests.ts'
import { activeDeployments } from './deploying.ts'
import type { Environment, ServiceInstance } from './model.ts'
import { isSpeechName, speechNames } from './runtime/spoken-lines.ts'
import type { World } from './world.ts'

/** What a control route answers: a refusal says what would have been right. */
export interface ControlAnswer {
  status: number
  body: object
}

const mostJobsAtOnce = 20_000
const mostVisitorsPerSecond = 100

/** `{environment, service, condition}`: how the service feels from now on, `{}` for well. */
export function setCondition(body: unknown, world: World): ControlAnswer {
  const place = serviceIn(body, world, ['condition'])
  if (typeof place === 'string') return refused(place)
  const condition = parseCondition(place.input.condition)
  if (typeof condition === 'string') return refused(condition)
  const { environment, service } = place.instance
  world.setCondition(environment.id, service.id, condition)
  return { status: 200, body: { environment: environment.name, service: service.name, condition } }
}

/** `{environment, service, perSecond}`: how many people a second look at the service from now on, 0 for nobody. */
export function setVisitors(body: unknown, world: World): ControlAnswer {
  const place = serviceIn(body, world, ['perSecond'])
  if (typeof place === 'string') return refused(place)
  const { perSecond } = place.input
  if (typeof perSecond !== 'number' || !(perSecond >= 0 && perSecond <= mostVisitorsPerSecond)) {
    return refused(`perSecond must be a number from 0 to ${mostVisitorsPerSecond}`)
  }
  const { environment, service, domains } = place.instance
  if (domains.length === 0) return { status: 409, body: { message: `${service.name} has no domain to be visited at` } }
  world.setVisitors(environment.id, service.id, perSecond)
  return { status: 200, body: { environment: environment.name, service: service.name, perSecond } }
}

/** `{environment, queue, jobs}`: so many jobs, one unless it says otherwise. */
export function dispatchJobs(body: unknown, world: World): ControlAnswer {
  const place = environmentIn(body, world, ['queue', 'jobs'])
  if (typeof place === 'string') return refused(place)
  const { queue, jobs = 1 } = place.input
  if (typeof queue !== 'string' || queue === '') return refused('queue must be a name')
  if (typeof jobs !== 'number' || !Number.isInteger(jobs) || jobs < 1 || jobs > mostJobsAtOnce) {
    return refused(`jobs must be a whole number from 1 to ${mostJobsAtOnce}`)
  }
  const { environment } = place
  const counts = world.dispatch(environment.id, queue, jobs)
  if (counts === undefined) return { status: 409, body: { message: 'Nothing is live that could dispatch a job' } }
  return { status: 201, body: { environment: environment.name, pending: counts.pending, failed: counts.failed } }
}

/** `{environment, service}` with a `shape`, or with `lines` as they are: what the service prints. */
export function printLines(body: unknown, world: World): ControlAnswer {
  const place = serviceIn(body, world, ['shape', 'lines'])
  if (typeof place === 'string') return refused(place)
  const { shape, lines } = place.input
  const { environment, service, deployments } = place.instance
  if (lines === undefined) {
    if (!isSpeechName(shape)) return refused(`shape must be ${listed(speechNames, 'or')}`)
    if (deployments.length === 0) return { status: 409, body: { message: `${service.name} was never deployed` } }
    return { status: 201, body: { rows: world.say(environment.id, service.id, shape) } }
  }
  const parsed = parseLines(lines)
  if (typeof parsed === 'string') return refused(parsed)
  if (activeDeployments(place.instance).length === 0)
    return { status: 409, body: { message: `Nothing of ${service.name} is live` } }
  world.write(environment.id, service.id, parsed)
  return { status: 201, body: { rows: parsed.length } }
}

interface EnvironmentInput {
  input: Record<string, unknown>
  environment: Environment
}

interface ServiceInput {
  input: Record<string, unknown>
  instance: ServiceInstance
}

function serviceIn(body: unknown, world: World, others: readonly string[]): ServiceInput | string {
  const place = environmentIn(body, world, ['service', ...others])
  if (typeof place === 'string') return place
  const { input, environment } = place
  const instances = Array.from(environment.instances.values())
  const instance = instances.find(({ service }) => service.name === input.service || service.id === input.service)
  if (instance !== undefined) return { input, instance }
  return `service must be one of ${environment.name}: ${listed(
    instances.map(({ service }) => service.name),
    'or',
  )}`
}

/** Names may be ids as well. The project may be left out while only one has an environment of that name. */
function environmentIn(body: unknown, world: World, others: readonly string[]): EnvironmentInput | string {
  if (!isRecord(body)) return 'The body must be an object'
  const known = ['project', 'environment', ...others]
  const unknown = Object.keys(body).find((name) => !known.includes(name))
  if (unknown !== undefined) return `There is no "${unknown}" here; there may be ${listed(known)}`
  const projects = Array.from(world.projects.values()).filter(
    ({ id, name }) => body.project === undefined || body.project === name || body.project === id,
  )
  if (projects.length === 0) return 'project must be the name of one'
  const environments = projects.flatMap((project) => Array.from(project.environments.values()))
  const found = environments.filter(({ id, name }) => name === body.environment || id === body.environment)
  const [environment] = found
  if (environment === undefined) {
    const names = new Set(environments.map(({ name }) => name))
    return `environment must be ${listed([...names], 'or')}`
  }
  if (found.length > 1) return `Several projects have an environment ${environment.name}: name the project too`
  return { input: body, environment }
}

function refused(message: string): ControlAnswer {
  return { status: 400, body: { message } }
}
