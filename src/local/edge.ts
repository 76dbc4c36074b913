import type { IncomingMessage, ServerResponse } from 'node:http'
import { domainOwner } from './creating.ts'
import { activeDeployments } from './deploying.ts'
import { type AnsweredRequest, logRequest } from './http-log.ts'
import { send } from './loopback-server.ts'
import type { Deployment, Domain, ServiceInstance } from './model.ts'
import type { PlatformModel } from './platform-model.ts'
import type { HttpAnswer } from './runtime/runtime.ts'

const defaultPort = '8080'
const edgeRegion = 'europe-west4-drams3a'

/** Answers for every domain: from the container that serves it, or in the platform's own name where none does. */
export async function answerAtEdge(
  request: IncomingMessage,
  response: ServerResponse,
  model: PlatformModel,
  now: () => number,
): Promise<void> {
  // Nothing here reads a body, and an unread one would keep the connection.
  request.resume()
  model.agenda.catchUp()
  const startedAt = now()
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  const owner = domainOwner(model, host)
  const requestId = model.hex(12)
  response.setHeader('server', 'railway-edge')
  response.setHeader('x-railway-request-id', requestId)
  const tell = ({ status, contentType, body, headers }: HttpAnswer) =>
    send(response, status, contentType, body, headers)
  if (owner === undefined) return tell(fallback(404, 'Application not found'))
  const serving = servingDeployment(owner)
  const { method = 'GET', url: path = '/' } = request
  const given =
    serving && (await model.runtime.ask(serving, { method, path, authorization: request.headers.authorization }))
  const answer = given ?? fallback(notAnswered, 'Application failed to respond')
  logAtEdge(model, owner.instance, serving, {
    method,
    path,
    host,
    requestId,
    status: given?.status,
    tookMs: now() - startedAt,
    srcIp: request.socket.remoteAddress ?? '',
    clientUa: request.headers['user-agent'] ?? '',
    txBytes: Buffer.byteLength(answer.body),
    rxBytes: Number(request.headers['content-length']) || 0,
  })
  tell(answer)
}

type SeenAtEdge = Pick<
  AnsweredRequest,
  'method' | 'path' | 'host' | 'requestId' | 'srcIp' | 'clientUa' | 'txBytes' | 'rxBytes'
> & {
  /** What the container answered; undefined where nothing listens. */
  status: number | undefined
  tookMs: number
}

/** Keeps what was asked of a service and how it was answered; where nothing listens, for the newest live deployment, which should. */
export function logAtEdge(
  model: PlatformModel,
  instance: ServiceInstance,
  serving: Deployment | undefined,
  { status, tookMs, ...request }: SeenAtEdge,
): void {
  const asked = serving ?? activeDeployments(instance)[0]
  if (asked === undefined) return
  logRequest(model.news, model.agenda.now(), asked, {
    ...request,
    ...(status === undefined ? nothingListened : { ...wentWell, upstreamRqDuration: tookMs }),
    httpStatus: status ?? notAnswered,
    totalDuration: tookMs,
    edgeRegion,
  })
}

const notAnswered = 502

const wentWell = { upstreamErrors: '', responseDetails: '' }
const nothingListened = {
  upstreamRqDuration: 0,
  upstreamErrors: JSON.stringify([{ error: 'connection refused' }]),
  responseDetails: 'failed to forward request to upstream',
}

/** The platform's own answer, told from an application's by its header. */
function fallback(status: number, message: string): HttpAnswer {
  const body = JSON.stringify({ status: 'error', code: status, message })
  return { status, contentType: 'application/json', body, headers: { 'x-railway-fallback': 'true' } }
}

/** The newest live deployment with a container that runs and listens on the port that the domain points at. */
export function servingDeployment({
  instance,
  domain,
}: {
  instance: ServiceInstance
  domain: Domain
}): Deployment | undefined {
  const live = instance.deployments.findLast(
    ({ status, instances }) => status === 'SUCCESS' && instances.some((container) => container.status === 'RUNNING'),
  )
  const port = live?.variables.PORT ?? defaultPort
  return domain.targetPort === undefined || String(domain.targetPort) === port ? live : undefined
}
