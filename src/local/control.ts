import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseCommit, parseIncident } from './control-requests.ts'
import { type ControlAnswer, dispatchJobs, printLines, setCondition, setVisitors } from './control-services.ts'
import { activeDeployments } from './deploying.ts'
import { bodyOf, isLoopback, loopback, sendJson } from './loopback-server.ts'
import type { Environment, Origin, Project } from './model.ts'
import type { World } from './world.ts'

export interface ControlNeeds {
  world: World
  controlToken: string
  port: number
  now: () => number
  stop: () => void
}

/**
 * What only the person who started the platform may do. Beyond the token it takes no request that a page in a browser could
 * have sent: none for another host name, none with an `Origin`.
 */
export async function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  needs: ControlNeeds,
): Promise<void> {
  const { world } = needs
  const tell = ({ status, body }: ControlAnswer) => sendJson(response, status, body)
  const refusal = refuse(request, needs)
  if (refusal !== undefined) return tell(refusal)
  switch (`${request.method} ${request.url}`) {
    case 'POST /control/commits':
      return answerBody(await bodyOf(request), response, (body) => pushCommit(body, world))
    case 'POST /control/condition':
      return answerBody(await bodyOf(request), response, (body) => setCondition(body, world))
    case 'POST /control/visitors':
      return answerBody(await bodyOf(request), response, (body) => setVisitors(body, world))
    case 'POST /control/jobs':
      return answerBody(await bodyOf(request), response, (body) => dispatchJobs(body, world))
    case 'POST /control/lines':
      return answerBody(await bodyOf(request), response, (body) => printLines(body, world))
    case 'POST /control/incident':
      return answerBody(await bodyOf(request), response, (body) => setIncident(body, world))
    case 'GET /control/state': {
      const projects = Array.from(world.projects.values(), projectState)
      return tell({ status: 200, body: { time: new Date(needs.now()).toISOString(), projects } })
    }
    case 'POST /control/stop':
      tell({ status: 202, body: { message: 'Stopping' } })
      return needs.stop()
    default:
      return tell(refused(404, 'There is no such control route'))
  }
}

function refused(status: number, message: string): ControlAnswer {
  return { status, body: { message } }
}

function refuse(request: IncomingMessage, { controlToken, port }: ControlNeeds): ControlAnswer | undefined {
  const { host, origin, authorization } = request.headers
  if (!isLoopback(request.socket.remoteAddress)) return refused(403, 'Only this machine may ask')
  if (host !== `${loopback}:${port}` && host !== `localhost:${port}`) return refused(403, 'Foreign Host')
  if (origin !== undefined) return refused(403, 'Requests with an Origin are refused')
  if (authorization !== `Bearer ${controlToken}`) return refused(401, 'The control token is missing or wrong')
  return undefined
}

function answerBody(text: string | undefined, response: ServerResponse, act: (body: unknown) => ControlAnswer): void {
  const { status, body } = actOn(text, act)
  sendJson(response, status, body)
}

function actOn(text = '', act: (body: unknown) => ControlAnswer): ControlAnswer {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refused(400, 'The body is no JSON')
  }
  return act(value)
}

function pushCommit(body: unknown, world: World): ControlAnswer {
  const input = parseCommit(body)
  if (typeof input === 'string') return refused(400, input)
  return { status: 201, body: { sha: world.push(input.repo, input.branch, input.commit).sha } }
}

function setIncident(body: unknown, world: World): ControlAnswer {
  const input = parseIncident(body)
  if (typeof input === 'string') return refused(400, input)
  world.setIncident(input.incident)
  return { status: 200, body: { incident: input.incident ?? null } }
}

/** What is there and what runs; no variables. */
function projectState({ id, name, environments }: Project) {
  return { id, name, environments: Array.from(environments.values(), environmentState) }
}

function environmentState({ id, name, instances }: Environment) {
  return {
    id,
    name,
    services: Array.from(instances.values(), (instance) => ({
      id: instance.service.id,
      name: instance.service.name,
      domains: instance.domains.map(({ domain }) => domain),
      condition: instance.condition,
      visitorsPerSecond: instance.visitors?.perSecond ?? 0,
      active: activeDeployments(instance).map(({ id: deploymentId, status, origin }) => ({
        id: deploymentId,
        status,
        ...originTold(origin),
      })),
    })),
  }
}

function originTold(origin: Origin): { commit: string } | { image: string } | Record<string, never> {
  if (origin.kind === 'commit') return { commit: origin.commit.sha }
  return origin.kind === 'image' ? { image: origin.image } : {}
}
