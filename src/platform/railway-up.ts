import { OperatorError } from '../kit/errors.ts'
import { isRecord } from '../kit/json.ts'
import type { ProcessEnding } from '../kit/run-process.ts'
import { clipped } from '../kit/text.ts'
import { type DeploymentId, id } from './ids.ts'
import { type CliNeeds, type CliPlace, placeArguments, type RailwayCli, startCli } from './railway-cli.ts'
import { deniedWords, lastLine, railwayEnding, refuseOtherVersion } from './railway-ending.ts'

export interface UpRequest {
  place: CliPlace
  /** A whole path: it is the root of what is sent. */
  directory: string
}

/** What is known of an upload: the deployment that it became, or why that is not known. */
export type UpAnswer = { kind: 'started'; deploymentId: DeploymentId } | { kind: 'unknown'; why: string }

/**
 * The arguments, all of them. `--detach`: how it goes on is asked of the API, since the CLI ends with 0 where nothing watches, and
 * where the platform skips the deployment (PLATFORM.md §10.4).
 */
export function upArguments({ place, directory }: UpRequest): string[] {
  return ['up', directory, '--path-as-root', ...placeArguments(place), '--detach', '--json']
}

/** Sends a directory to a service. Throws only where it is certain that nothing was deployed. */
export async function upload(cli: RailwayCli, request: UpRequest, needs: Omit<CliNeeds, 'tell'>): Promise<UpAnswer> {
  let said = ''
  const { ending, complaint } = await startCli(cli, upArguments(request), {
    ...needs,
    tell: async (stream, text) => {
      if (stream === 'stdout' && said.length < mostSaid) said += text
    },
  })
  return upAnswer(ending, { said: needs.redact(said), complaint })
}

/** One line of JSON, and whatever a later version adds. */
const mostSaid = 64_000

/** Reads how it ended. With `--json` errors come as an object on stdout (PLATFORM.md §10.3). */
export function upAnswer(ending: ProcessEnding, { said, complaint }: { said: string; complaint: string }): UpAnswer {
  const ended = railwayEnding(ending, 'uploads go')
  if (ended.kind === 'killed') return { kind: 'unknown', why: `the railway command was ended by ${ended.by}` }
  const objects = said.split('\n').flatMap(objectsIn)
  const started = objects.findLast(({ deploymentId }) => isText(deploymentId))
  if (isText(started?.deploymentId)) return { kind: 'started', deploymentId: id<'deployment'>(started.deploymentId) }
  const failure = objects.findLast(({ error }) => isText(error)) ?? {}
  const words = isText(failure.error) ? failure.error : lastLine(complaint)
  const why = clipped(words, 300)
  if (ended.code === 0) return { kind: 'unknown', why: 'the railway command ended well and named no deployment' }
  const code = isText(failure.code) ? failure.code : 'ERROR'
  if (code === 'UPLOAD_FAILED' && /\bfile too large\b/i.test(words)) throw tooLarge(why)
  const isDenied = deniedCodes.has(code) || /\bstatus code 40[13]\b/.test(words) || deniedWords.test(complaint)
  if (isDenied) throw denied(why)
  refuseOtherVersion(ended.code, complaint, why)
  // Everything else that has a code was refused, or went wrong before anything was sent.
  const isLost = code === 'ERROR' || (code === 'UPLOAD_FAILED' && /\bstatus code 5\d\d\b/.test(words))
  if (!isLost) throw refused(why)
  return { kind: 'unknown', why: why === '' ? `the railway command ended with ${ended.code}` : why }
}

const deniedCodes = new Set(['UNAUTHORIZED', 'INVALID_TOKEN', 'NOT_AUTHENTICATED', 'ENVIRONMENT_RESTRICTED'])

/** Pretty-printed or not, errors are one object; lines that are none are somebody's words. */
function objectsIn(line: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? [value] : []
  } catch {
    return []
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function tooLarge(said: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'upload-too-large',
    message: `The directory is larger than the platform takes (${said}). Nothing of it was deployed.`,
    hint: 'Leave out what the build does not need with a .railwayignore, and run the command again.',
  })
}

function refused(said: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'upload-refused',
    message: `The platform did not take the upload (${said}). Nothing of it was deployed.`,
  })
}

function denied(said: string): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `The token may not upload to this service (${said}). Nothing was deployed.`,
    hint: 'Set RAILWAY_API_TOKEN to a token of somebody who may, or RAILWAY_TOKEN to one of this environment.',
  })
}
