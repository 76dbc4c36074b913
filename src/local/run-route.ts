import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord } from '../kit/json.ts'
import { type CommandRouteNeeds, isStranger, parseCommand, readCommandRequest } from './command-request.ts'
import { sendJson } from './loopback-server.ts'
import type { Origin, ServiceInstance } from './model.ts'
import type { PlatformModel } from './platform-model.ts'
import { type RunCommand, unknownHost, withoutEnv } from './run-command.ts'
import type { SshAnswer } from './ssh-command.ts'

/**
 * A command on this machine, for the script that stands in for Railway's own: what would run here is simulated too, and finds the
 * database only where that has a public address. Any token opens it that may read the variables, one of a project too.
 */
export async function answerRun(
  request: IncomingMessage,
  response: ServerResponse,
  needs: CommandRouteNeeds,
): Promise<void> {
  const asked = await readCommandRequest(request, response, needs)
  if (asked === undefined) return
  const { requester, body } = asked
  const command = parseRun(body)
  if (command === undefined) return sendJson(response, 400, { message: 'The body is no command' })
  if (isStranger(requester, command.environment)) return sendJson(response, 401, { message: 'Unauthorized' })
  const answer = runOnThisMachine(command, needs.model)
  if (answer === undefined) return sendJson(response, 404, { message: 'Service not found' })
  sendJson(response, 200, answer)
}

function parseRun(body: unknown): RunCommand | undefined {
  const command = parseCommand(body)
  const variables = isRecord(body) ? body.variables : undefined
  if (command === undefined || !isRecord(variables)) return undefined
  const entries = Object.entries(variables)
  const texts = entries.flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[name, value]] : [],
  )
  return texts.length === entries.length ? { ...command, variables: Object.fromEntries(texts) } : undefined
}

function runOnThisMachine({ project, environment, service, command, variables }: RunCommand, model: PlatformModel) {
  const instance = model.projects.get(project)?.environments.get(environment)?.instances.get(service)
  if (instance === undefined) return undefined
  const origin = checkedOut(instance, model)
  const [program = '', script, ...words] = withoutEnv(command)
  if (program !== 'php') return notFound(program)
  if (script !== 'artisan' || origin === undefined) return noScript(script ?? '')
  const host = unknownHost(variables)
  return model.runtime.runArtisanAt(
    { instance, origin, variables, settings: {} },
    words,
    host === undefined ? {} : { unknownHost: host },
  )
}

/** Whoever runs something here has the newest code of the branch; without a branch, what was deployed last. */
function checkedOut({ trigger, deployments }: ServiceInstance, { repositories }: PlatformModel): Origin | undefined {
  const commit = trigger && repositories.head(trigger.repository, trigger.branch)
  if (trigger !== undefined && commit !== undefined) {
    return { kind: 'commit', repository: trigger.repository, branch: trigger.branch, commit }
  }
  return deployments.at(-1)?.origin
}

function notFound(program: string): SshAnswer {
  return { exitCode: 127, stdout: '', stderr: `env: '${program}': No such file or directory\n` }
}

function noScript(script: string): SshAnswer {
  return { exitCode: 1, stdout: `Could not open input file: ${script}\n`, stderr: '' }
}
