import type { IncomingMessage, ServerResponse } from 'node:http'
import { type CommandRouteNeeds, parseCommand, readCommandRequest } from './command-request.ts'
import { activeDeployments } from './deploying.ts'
import { sendJson } from './loopback-server.ts'
import type { PlatformModel } from './platform-model.ts'
import type { SshAnswer, SshCommand } from './ssh-command.ts'

/**
 * A command in a container that runs, for the script that stands in for Railway's own command. It is opened by a token of the
 * platform, as there, and by none of a project.
 */
export async function answerSsh(
  request: IncomingMessage,
  response: ServerResponse,
  needs: CommandRouteNeeds,
): Promise<void> {
  const asked = await readCommandRequest(request, response, needs)
  if (asked === undefined) return
  const { kind } = asked.requester
  if (kind !== 'account' && kind !== 'workspace') return sendJson(response, 401, { message: 'Unauthorized' })
  const command = parseCommand(asked.body)
  if (command === undefined) return sendJson(response, 400, { message: 'The body is no command' })
  const answer = runInContainer(command, needs.model)
  if (answer === undefined) return sendJson(response, 404, { message: 'no container of this service runs' })
  sendJson(response, 200, answer)
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
