import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../kit/clock.ts'
import type { GraphqlEndpoint, PreparedRequest } from './graphql-endpoint.ts'
import { bodyOf, send, sendJson } from './loopback-server.ts'
import type { Masked } from './patches.ts'
import type { PlatformModel } from './platform-model.ts'
import type { RequestLog } from './requests.ts'
import { type DeniedPart, RequestContext } from './resolvers/request-context.ts'
import { identify, type Tokens } from './tokens.ts'

export const graphqlPath = '/graphql/v2'

/** Said, not enforced: being refused for asking too often is a misfortune that a test or a drill brings about. */
const requestsAnHour = 10_000
const hourMs = 60 * 60 * 1000

export interface GraphqlNeeds {
  clock: Clock
  model: PlatformModel
  endpoint: GraphqlEndpoint
  tokens: Tokens
  log: RequestLog
  masked: Masked
  pageCap: number
  denied: readonly DeniedPart[]
  /** Aborts when the platform stops, for whatever still waits. */
  stopping: AbortSignal
}

/** Answers one request to the API, or does to it what a hook says. */
export async function answerGraphql(
  request: IncomingMessage,
  response: ServerResponse,
  needs: GraphqlNeeds,
): Promise<void> {
  if (request.method !== 'POST') return sendJson(response, 405, { errors: [{ message: 'Only POST is answered here' }] })
  const body = await bodyOf(request)
  if (body === undefined) return sendJson(response, 413, { errors: [{ message: 'The body is too large' }] })
  const prepared = needs.endpoint.prepare(body)
  const { operationName, kind, variables } = prepared
  const misfortune = needs.log.arrived({ operationName, kind, variables, headers: request.headers })

  switch (misfortune?.kind) {
    case 'drop-before':
      response.destroy()
      return
    case 'drop-after':
      await carryOut(request, prepared, needs)
      response.destroy()
      return
    case 'hang':
      return
    case 'hang-after':
      await carryOut(request, prepared, needs)
      misfortune.whenDone?.()
      return
    case 'answer':
      return send(response, misfortune.status, 'application/json', misfortune.body, lowerCased(misfortune.headers))
    case 'delay':
      await needs.clock.sleep(misfortune.ms, needs.stopping)
  }
  const answer = await carryOut(request, prepared, needs)
  send(response, answer.status, 'application/json', answer.body, rateLimit(needs))
}

function carryOut(request: IncomingMessage, prepared: PreparedRequest, needs: GraphqlNeeds) {
  const { model, tokens, endpoint } = needs
  model.agenda.catchUp()
  const requester = identify(model, tokens, request.headers)
  return endpoint.answer(prepared, new RequestContext(model, requester, needs))
}

function rateLimit({ clock, log }: GraphqlNeeds): Record<string, string> {
  return {
    'x-ratelimit-limit': String(requestsAnHour),
    'x-ratelimit-remaining': String(Math.max(1, requestsAnHour - log.records.length)),
    'x-ratelimit-reset': String(Math.ceil((clock.now() + 1) / hourMs) * (hourMs / 1000)),
  }
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
