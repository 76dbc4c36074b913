import { wallClock } from '../kit/clock.ts'
import { createHttpClient } from '../kit/http.ts'
import { isRecord } from '../kit/json.ts'
import { parseRunArguments, runPath, variablesIn } from './run-command.ts'
import { parseSshArguments, type SshCommand, sshPath } from './ssh-command.ts'

/** What the stand-in uses of its process. */
interface StandInProcess {
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  stdout: { write(text: string): unknown }
  stderr: { write(text: string): unknown }
}

/**
 * Stands in for Railway's own command in a rehearsal: the same arguments, the same exit codes, and only what fakturino uses of it.
 * Where the rehearsal is it knows from the variable that a debug build of the real one honours (PLATFORM.md §10.2). Gives back the
 * exit code.
 */
export async function railwayStandIn({ argv, env, stdout, stderr }: StandInProcess): Promise<number> {
  const fail = (exitCode: number, message: string) => {
    stderr.write(`${message}\n`)
    return exitCode
  }
  const inContainer = parseSshArguments(argv)
  const here = parseRunArguments(argv)
  if (inContainer === undefined && here === undefined) return fail(2, known)
  const { RAILWAY_BACKBOARD_URL: endpoint = '', RAILWAY_API_TOKEN, RAILWAY_TOKEN } = env
  if (!URL.canParse(endpoint)) return fail(1, 'error: RAILWAY_BACKBOARD_URL names no rehearsal')
  const http = createHttpClient({ clock: wallClock, userAgent: 'railway-stand-in' })
  const post = async (url: string, content: object): Promise<Answer> => {
    const { status, body } = await http.exchange({
      url,
      method: 'POST',
      headers: {
        ...(RAILWAY_TOKEN
          ? { 'project-access-token': RAILWAY_TOKEN }
          : { authorization: `Bearer ${RAILWAY_API_TOKEN}` }),
        'content-type': 'application/json',
      },
      body: JSON.stringify(content),
    })
    const told: unknown = JSON.parse(body)
    return { status, told: isRecord(told) ? told : {} }
  }
  const lost = inContainer === undefined ? 1 : 255
  try {
    const variables =
      here && variablesIn((await post(endpoint, { query: variablesQuery, variables: placeOf(here) })).told)
    if (typeof variables === 'string') {
      return fail(1, /not authorized|token not found/i.test(variables) ? unauthorized : `error: ${variables}`)
    }
    const path = inContainer === undefined ? runPath : sshPath
    const { status, told } = await post(new URL(path, endpoint).href, inContainer ?? { ...here, variables })
    if (status === 401) return fail(1, unauthorized)
    if (status !== 200) return fail(lost, `${argv[0]}: ${told.message ?? 'the rehearsal refused'}`)
    if (typeof told.stdout === 'string') stdout.write(told.stdout)
    if (typeof told.stderr === 'string') stderr.write(told.stderr)
    return typeof told.exitCode === 'number' ? told.exitCode : lost
  } catch {
    return fail(lost, `${argv[0]}: connect to host of the rehearsal: it does not answer`)
  } finally {
    http.close()
  }
}

function placeOf({ project, environment, service }: SshCommand) {
  return { project, environment, service }
}

interface Answer {
  status: number
  told: Record<string, unknown>
}

const where = '--project ID --environment ID --service ID'
const known = `error: this stand-in of a rehearsal takes only: ssh ${where} -- COMMAND..., and run ${where} --no-local -- COMMAND...`
const unauthorized = 'Unauthorized. Please check that your RAILWAY_API_TOKEN, or RAILWAY_TOKEN, is valid.'
const variablesQuery =
  'query VariablesForServiceDeployment($project: String!, $environment: String!, $service: String!) { variablesForServiceDeployment(projectId: $project, environmentId: $environment, serviceId: $service) }'
