import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord } from '../kit/json.ts'
import { type ControlAnswer, dispatchJobs, printLines, setCondition } from './control-services.ts'
import { activeDeployments } from './deploying.ts'
import { bodyOf, isLoopback, loopback, sendJson } from './loopback-server.ts'
import type { Environment, Project } from './model.ts'
import { type CommitBehaviour, type CommitSeed, commitBehaviours } from './repositories.ts'
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
  const refusal = refuse(request, needs)
  if (refusal !== undefined) return sendJson(response, refusal.status, { message: refusal.message })
  switch (`${request.method} ${request.url}`) {
    case 'POST /control/commits':
      return answerBody(await bodyOf(request), response, (body) => pushCommit(body, needs.world))
    case 'POST /control/condition':
      return answerBody(await bodyOf(request), response, (body) => setCondition(body, needs.world))
    case 'POST /control/jobs':
      return answerBody(await bodyOf(request), response, (body) => dispatchJobs(body, needs.world))
    case 'POST /control/lines':
      return answerBody(await bodyOf(request), response, (body) => printLines(body, needs.world))
    case 'GET /control/state':
      return sendJson(response, 200, {
        time: new Date(needs.now()).toISOString(),
        projects: Array.from(needs.world.projects.values(), projectState),
      })
    case 'POST /control/stop':
      sendJson(response, 202, { message: 'Stopping' })
      return needs.stop()
    default:
      return sendJson(response, 404, { message: 'There is no such control route' })
  }
}

function refuse(
  request: IncomingMessage,
  { controlToken, port }: ControlNeeds,
): { status: number; message: string } | undefined {
  const { host, origin, authorization } = request.headers
  if (!isLoopback(request.socket.remoteAddress)) return { status: 403, message: 'Only this machine may ask' }
  if (host !== `${loopback}:${port}` && host !== `localhost:${port}`) return { status: 403, message: 'Foreign Host' }
  if (origin !== undefined) return { status: 403, message: 'Requests with an Origin are refused' }
  if (authorization !== `Bearer ${controlToken}`)
    return { status: 401, message: 'The control token is missing or wrong' }
  return undefined
}

function answerBody(body: string | undefined, response: ServerResponse, act: (body: unknown) => ControlAnswer): void {
  const value = parseJson(body)
  const { status, body: answer } =
    value === undefined ? { status: 400, body: { message: 'The body is no JSON' } } : act(value)
  sendJson(response, status, answer)
}

function parseJson(text = ''): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function pushCommit(body: unknown, world: World): ControlAnswer {
  const input = parseCommit(body)
  if (typeof input === 'string') return { status: 400, body: { message: input } }
  return { status: 201, body: { sha: world.push(input.repo, input.branch, input.commit).sha } }
}

function parseCommit(value: unknown): { repo: string; branch: string; commit: CommitSeed } | string {
  if (!isRecord(value)) return 'The body must be an object'
  const { repo, branch, message, behaviour } = value
  if (typeof repo !== 'string' || !/^[^/\s]+\/[^/\s]+$/.test(repo)) return 'repo must read owner/name'
  if (typeof branch !== 'string' || branch === '') return 'branch must be a name'
  if (message !== undefined && typeof message !== 'string') return 'message must be text'
  if (behaviour !== undefined && !isBehaviour(behaviour))
    return `behaviour must be one of ${commitBehaviours.join(', ')}`
  return {
    repo,
    branch,
    commit: { ...(message !== undefined && { message }), ...(behaviour !== undefined && { behaviour }) },
  }
}

function isBehaviour(value: unknown): value is CommitBehaviour {
  return commitBehaviours.some((behaviour) => behaviour === value)
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
      active: activeDeployments(instance).map(({ id: deploymentId, status, origin }) => ({
        id: deploymentId,
        status,
        ...(origin.kind === 'commit' ? { commit: origin.commit.sha } : { image: origin.image }),
      })),
    })),
  }
}
