import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord } from '../kit/json.ts'
import { activeDeployments } from './deploying.ts'
import { bodyOf, isLoopback, loopback, sendJson } from './loopback-server.ts'
import type { PlatformModel } from './platform-model.ts'
import type { SshAnswer, SshCommand } from './ssh-command.ts'
import { identify, type Tokens } from './tokens.ts'

interface SshNeeds {
  model: PlatformModel
  tokens: Tokens
  port: number
}

/**
 * A command in a container that runs, for the script that stands in for Railway's own command. It is opened by a token of the
 * platform, as there, and by none of a project; like a control route it takes nothing that a page in a browser could have sent.
 */
export async function answerSsh(request: IncomingMessage, response: ServerResponse, needs: SshNeeds): Promise<void> {
  const { model, tokens, port } = needs
  const { host, origin } = request.headers
  const isForeign = host !== `${loopback}:${port}` && host !== `localhost:${port}`
  if (!isLoopback(request.socket.remoteAddress) || isForeign || origin !== undefined) {
    return sendJson(response, 403, { message: 'Only this machine may ask' })
  }
  if (request.method !== 'POST') return sendJson(response, 405, { message: 'Only POST is answered here' })
  model.agenda.catchUp()
  const { kind } = identify(model, tokens, request.headers)
  if (kind !== 'account' && kind !== 'workspace') return sendJson(response, 401, { message: 'Unauthorized' })
  const command = parseCommand((await bodyOf(request)) ?? '')
  if (command === undefined) return sendJson(response, 400, { message: 'The body is no command' })
  const answer = runInContainer(command, model)
  if (answer === undefined) return sendJson(response, 404, { message: 'no container of this service runs' })
  sendJson(response, 200, answer)
}

function parseCommand(text: string): SshCommand | undefined {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return undefined
  }
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
