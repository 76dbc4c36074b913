import { wallClock } from '../kit/clock.ts'
import { createHttpClient } from '../kit/http.ts'
import { isRecord } from '../kit/json.ts'
import { parseSshArguments, sshPath } from './ssh-command.ts'

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
  const asked = parseSshArguments(argv)
  const fail = (exitCode: number, message: string) => {
    stderr.write(`${message}\n`)
    return exitCode
  }
  if (asked === undefined) {
    return fail(
      2,
      'error: this stand-in of a rehearsal takes only: ssh --project ID --environment ID --service ID -- COMMAND...',
    )
  }
  const { RAILWAY_BACKBOARD_URL: endpoint = '', RAILWAY_API_TOKEN: token = '' } = env
  if (!URL.canParse(endpoint)) return fail(1, 'error: RAILWAY_BACKBOARD_URL names no rehearsal')
  const http = createHttpClient({ clock: wallClock, userAgent: 'railway-stand-in' })
  try {
    const answer = await http.exchange({
      url: new URL(sshPath, endpoint).href,
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(asked),
    })
    const body: unknown = JSON.parse(answer.body)
    const told = isRecord(body) ? body : {}
    if (answer.status === 401) return fail(1, 'Unauthorized. Please check that your RAILWAY_API_TOKEN is valid.')
    if (answer.status !== 200) return fail(255, `ssh: ${told.message ?? 'the rehearsal refused'}`)
    if (typeof told.stdout === 'string') stdout.write(told.stdout)
    if (typeof told.stderr === 'string') stderr.write(told.stderr)
    return typeof told.exitCode === 'number' ? told.exitCode : 255
  } catch {
    return fail(255, 'ssh: connect to host of the rehearsal: it does not answer')
  } finally {
    http.close()
  }
}
