import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type CommandRouteNeeds, isStranger, readCommandRequest } from './command-request.ts'
import { deployUpload } from './deploying.ts'
import { sendJson } from './loopback-server.ts'
import { PlatformError } from './platform-error.ts'
import type { PlatformModel } from './platform-model.ts'
import { type CommitBehaviour, commitBehaviours } from './repositories.ts'
import { behaviourFile, type UploadedFile, type UpPlace, uploadedFiles } from './up-command.ts'

/**
 * Code from a directory, at the address of the real API and with its answers. The body is another one: where Railway takes a gzipped
 * tarball, this takes the files as JSON, because only the stand-in speaks to it, and nothing here unpacks archives. Any token opens it
 * that may deploy, one of a project too.
 */
export async function answerUp(
  place: UpPlace,
  request: IncomingMessage,
  response: ServerResponse,
  needs: CommandRouteNeeds,
): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) > largestUpload) {
    request.resume()
    return sendJson(response, 413, { message: 'Payload Too Large' })
  }
  const asked = await readCommandRequest(request, response, needs)
  if (asked === undefined) return
  const { requester, body } = asked
  if (isStranger(requester, place.environment)) return sendJson(response, 401, { message: 'Unauthorized' })
  const { model } = needs
  const instance = model.projects.get(place.project)?.environments.get(place.environment)?.instances.get(place.service)
  if (instance === undefined) return sendJson(response, 400, { message: 'Service not found' })
  const files = uploadedFiles(body)
  if (files === undefined || files.length === 0) return sendJson(response, 400, { message: 'The archive is empty' })
  try {
    const { id } = deployUpload(model, instance, { ...codeOf(files), message: 'Uploaded code' })
    sendJson(response, 200, answerFor(id, place, model))
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    sendJson(response, 400, { message: error.message })
  }
}

/** Base64 and JSON around it: about 7 MB of files. */
const largestUpload = 10 * 1024 * 1024

function answerFor(id: string, { project, service }: UpPlace, model: PlatformModel) {
  const url = `https://railway.com/project/${project}/service/${service}`
  const domain = model.deployments.get(id)?.instance.domains[0]?.domain ?? ''
  return { deploymentId: id, url, logsUrl: `${url}?id=${id}`, deploymentDomain: domain }
}

function codeOf(files: readonly UploadedFile[]): { sha: string; behaviour: CommitBehaviour } {
  const hash = createHash('sha256')
  for (const { path, content } of files) hash.update(`${path}\0${content}\n`)
  const said = files.find(({ path }) => path === behaviourFile)?.content ?? ''
  const word = Buffer.from(said, 'base64').toString().trim()
  return { sha: hash.digest('hex'), behaviour: commitBehaviours.find((one) => one === word) ?? 'healthy' }
}
