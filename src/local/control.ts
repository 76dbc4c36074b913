import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseCommit, parseIncident, parseLines } from './control-requests.ts'
import { activeDeployments } from './deploying.ts'
import { bodyOf, isLoopback, loopback, sendJson } from './loopback-server.ts'
import type { Environment, Project } from './model.ts'
import type { World } from './world.ts'

export interface ControlNeeds {
  world: World
  controlToken: string
  port: number
  now: () => number
  stop: () => void
}

interface ControlAnswer {
  status: number
  value: unknown
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
  const tell = ({ status, value }: ControlAnswer) => sendJson(response, status, value)
  const refusal = refuse(request, needs)
  if (refusal !== undefined) return tell(refusal)
  switch (`${request.method} ${request.url}`) {
    case 'POST /control/commits':
      return tell(pushCommit(await bodyOf(request), world))
    case 'POST /control/lines':
      return tell(printLines(await bodyOf(request), world))
    case 'POST /control/incident':
      return tell(setIncident(await bodyOf(request), world))
    case 'GET /control/state': {
      const projects = Array.from(world.projects.values(), projectState)
      return tell({ status: 200, value: { time: new Date(needs.now()).toISOString(), projects } })
    }
    case 'POST /control/stop':
      tell({ status: 202, value: { message: 'Stopping' } })
      return needs.stop()
    default:
      return tell(refused(404, 'There is no such control route'))
  }
}

function refused(status: number, message: string): ControlAnswer {
  return { status, value: { message } }
}

function refuse(request: IncomingMessage, { controlToken, port }: ControlNeeds): ControlAnswer | undefined {
  const { host, origin, authorization } = request.headers
  if (!isLoopback(request.socket.remoteAddress)) return refused(403, 'Only this machine may ask')
  if (host !== `${loopback}:${port}` && host !== `localhost:${port}`) return refused(403, 'Foreign Host')
  if (origin !== undefined) return refused(403, 'Requests with an Origin are refused')
  if (authorization !== `Bearer ${controlToken}`) return refused(401, 'The control token is missing or wrong')
  return undefined
}

function pushCommit(body: string | undefined, world: World): ControlAnswer {
  const input = parseCommit(body)
  if (typeof input === 'string') return refused(400, input)
  return { status: 201, value: { sha: world.push(input.repo, input.branch, input.commit).sha } }
}

/** Where nothing of that service is live there is nobody to print. */
function printLines(body: string | undefined, world: World): ControlAnswer {
  const input = parseLines(body)
  if (typeof input === 'string') return refused(400, input)
  const { environmentId, serviceId, lines } = input
  try {
    world.write(environmentId, serviceId, lines)
  } catch (error) {
    return refused(404, error instanceof Error ? error.message : String(error))
  }
  return { status: 201, value: { lines: lines.length } }
}

function setIncident(body: string | undefined, world: World): ControlAnswer {
  const input = parseIncident(body)
  if (typeof input === 'string') return refused(400, input)
  world.setIncident(input.incident)
  return { status: 200, value: { incident: input.incident ?? null } }
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
      active: activeDeployments(instance).map(({ id: deploymentId, status, origin }) => ({
        id: deploymentId,
        status,
        ...(origin.kind === 'commit' ? { commit: origin.commit.sha } : { image: origin.image }),
      })),
    })),
  }
}
