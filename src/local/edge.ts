import type { IncomingMessage, ServerResponse } from 'node:http'
import { domainOwner } from './creating.ts'
import { send, sendJson } from './loopback-server.ts'
import type { Deployment, Domain, ServiceInstance } from './model.ts'
import type { PlatformModel } from './platform-model.ts'

const defaultPort = '8080'

/** Answers for every domain: from the container that serves it, or in the platform's own name where none does. */
export async function answerAtEdge(
  request: IncomingMessage,
  response: ServerResponse,
  model: PlatformModel,
): Promise<void> {
  // Nothing here reads a body, and an unread one would keep the connection.
  request.resume()
  model.agenda.catchUp()
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  const owner = domainOwner(model, host)
  response.setHeader('server', 'railway-edge')
  response.setHeader('x-railway-request-id', model.hex(12))
  if (owner === undefined) return sendFallback(response, 404, 'Application not found')
  const serving = servingDeployment(owner)
  const { method = 'GET', url: path = '/', headers } = request
  const question = { method, path, authorization: headers.authorization }
  const answer = serving && (await model.runtime.ask(serving, question))
  if (answer === undefined) return sendFallback(response, 502, 'Application failed to respond')
  send(response, answer.status, answer.contentType, answer.body, answer.headers)
}

/** The platform's own answer, told from an application's by its header. */
function sendFallback(response: ServerResponse, code: number, message: string): void {
  response.setHeader('x-railway-fallback', 'true')
  sendJson(response, code, { status: 'error', code, message })
}

/** The newest live deployment with a container that runs and listens on the port that the domain points at. */
function servingDeployment({
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
