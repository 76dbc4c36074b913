import type { Timing } from '../config/timing.ts'
import { OperatorError } from '../kit/errors.ts'
import { poll } from '../kit/poll.ts'
import { shellWord } from '../kit/shell-word.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { Platform } from '../platform/platform.ts'
import type { CliNeeds, CliPlace, RailwayCli } from '../platform/railway-cli.ts'
import { upload } from '../platform/railway-up.ts'

/** Code from a directory, and the way to send it. */
export interface Uploading {
  directory: string
  revision: string
  cli: RailwayCli
  runProcess: CliNeeds['runProcess']
  redact: CliNeeds['redact']
}

interface UploadNeeds extends Pick<CliNeeds, 'clock' | 'signal'> {
  platform: Platform
  timing: Timing
}

/** An upload whose answer was lost shows within this time, or did not arrive. */
const showsWithinMs = 20_000

/**
 * Sends the code to one service, once. Where the answer is lost, the deployment that it made is looked for, and nothing is sent again:
 * two builds of one upload would follow each other.
 */
export async function uploadCode(
  { directory, cli, runProcess, redact, revision }: Uploading,
  { service, environment, ...place }: CliPlace & { service: string; environment: string },
  needs: UploadNeeds,
): Promise<DeploymentId> {
  const { platform, clock, signal, timing } = needs
  const { environmentId, serviceId } = place
  const newest = () => platform.newestDeployments(environmentId, serviceId)
  const known = new Set((await newest()).map(({ id }) => id))
  const answer = await upload(cli, { place, directory }, { runProcess, redact, clock, signal })
  if (answer.kind === 'started') return answer.deploymentId
  const isIt = ({ id, commit, image }: Awaited<ReturnType<typeof newest>>[number]) =>
    !known.has(id) && image === undefined && (commit === undefined || commit === revision)
  const found = await poll(async () => (await newest()).find(isIt), {
    clock,
    signal,
    backoff: timing.polling,
    withinMs: showsWithinMs,
  })
  if (found !== undefined) return found.id
  throw new OperatorError({
    kind: 'unfinished',
    code: 'upload-unknown',
    message: `Whether the upload to ${service} arrived is not known: ${answer.why}. No new deployment of it has shown up, and nothing was sent again.`,
    hint: `Look first: fakturino status -e ${shellWord(environment)}. Where nothing new is there, run the same command again.`,
  })
}
