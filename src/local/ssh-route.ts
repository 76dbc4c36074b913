import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord } from '../kit/json.ts'
import { activeDeployments } from './deploying.ts'
import { bodyOf, isLoopback, loopback, sendJson } from './loopback-server.ts'
import type { PlatformModel } from './platform-model.ts'
import type { SshAnswer, SshCommand } from './ssh-command.ts'
import { identify, type Requester, type Tokens } from './tokens.ts'

export interface CommandRouteNeeds {
  model: PlatformModel
  tokens: Tokens
  port: number
}

/**
 * A command in a container that runs, for the script that stands in for Railway's own command. It is opened by a token of the
 * platform, as there, and by none of a project; like a control route it takes nothing that a page in a browser could have sent.
 */
export async function answerSsh(
  request: IncomingMessage,
  response: ServerResponse,
  needs: CommandRouteNeeds,
): Promise<void> {
  const asked = await askedOf(request, response, needs)
  if (asked === undefined) return
  const { kind } = asked.requester
  if (kind !== 'account' && kind !== 'workspace') return sendJson(response, 401, { message: 'Unauthorized' })
  const command = parseCommand(asked.body)
  if (command === undefined) return sendJson(response, 400, { message: 'The body is no command' })
  const answer = runInContainer(command, needs.model)
  if (answer === undefined) return sendJson(response, 404, { message: 'no container of this service runs' })
  sendJson(response, 200, answer)
}

/** Who asks, and for what; undefined where the request was answered with a refusal. */
export async function askedOf(
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

/** Undefined where there is no such place, or nothing runs there. */
function runInContainer(asked: SshCommand, model: PlatformModel): SshAnswer | undefined {
  const instance = model.projects.get(asked.project)?.environments.get(asked.environment)?.instances.get(asked.service)
  const running = instance && activeDeployments(instance).find(isUp)
  return running && model.runtime.runIn(running, asked.command)
}

function isUp({ instances }: ReturnType<typeof activeDeployments>[number]): boolean {
  return instances.some(({ status }) => status === 'RUNNING')
}
