import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord } from '../kit/json.ts'
import { bodyOf, isLoopback, loopback, sendJson } from './loopback-server.ts'
import type { PlatformModel } from './platform-model.ts'
import type { SshCommand } from './ssh-command.ts'
import { identify, type Requester, type Tokens } from './tokens.ts'

export interface CommandRouteNeeds {
  model: PlatformModel
  tokens: Tokens
  port: number
}

/**
 * What the script that stands in for Railway's own command asks, and who asks it; undefined where it was answered with a refusal. Like a
 * control route it takes nothing that a page in a browser could have sent.
 */
export async function readCommandRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { model, tokens, port }: CommandRouteNeeds,
): Promise<{ requester: Requester; body: unknown } | undefined> {
  const { host, origin } = request.headers
  const isForeign = host !== `${loopback}:${port}` && host !== `localhost:${port}`
  const refuse = (status: number, message: string) => {
    sendJson(response, status, { message })
    return undefined
  }
  if (!isLoopback(request.socket.remoteAddress) || isForeign || origin !== undefined) {
    return refuse(403, 'Only this machine may ask')
  }
  if (request.method !== 'POST') return refuse(405, 'Only POST is answered here')
  model.agenda.catchUp()
  return { requester: identify(model, tokens, request.headers), body: parsed((await bodyOf(request)) ?? '') }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The command that a body asks for. */
export function parseCommand(body: unknown): SshCommand | undefined {
  if (!isRecord(body)) return undefined
  const { project, environment, service, command } = body
  const isText = (value: unknown): value is string => typeof value === 'string'
  if (!isText(project) || !isText(environment) || !isText(service)) return undefined
  if (!Array.isArray(command) || !command.every(isText)) return undefined
  return { project, environment, service, command }
}

/** The token is none of the platform, or of a project and meant for another environment. */
export function isStranger(requester: Requester, environment: string): boolean {
  return requester.kind === 'nobody' || (requester.kind === 'project' && requester.environment.id !== environment)
}
