import { isRecord } from '../kit/json.ts'
import { parsePlace, type SshCommand } from './ssh-command.ts'

/** Where an upload is asked for. */
export type UpPlace = Omit<SshCommand, 'command'>

/** A file of an upload; the content is base64. */
export interface UploadedFile {
  path: string
  content: string
}

/** A file in the root of a directory of code that says, in one word, what the code does in a rehearsal. */
export const behaviourFile = '.rehearsal-behaviour'

/** Reads `up DIR --path-as-root --project ID --environment ID --service ID --detach --json`, as strictly as `ssh` is read. */
export function parseUpArguments([name, ...words]: readonly string[]):
  | { place: UpPlace; directory: string }
  | undefined {
  const [directory, root, ...others] = words
  if (name !== 'up' || directory === undefined || directory === '' || root !== '--path-as-root') return undefined
  const { place, rest } = parsePlace(others)
  const [detach, json, ...more] = rest
  if (place === undefined || detach !== '--detach' || json !== '--json' || more.length > 0) return undefined
  return { place, directory }
}

/** The path and query of the upload route, as the real API has it (PLATFORM.md §10.4). */
export function upPath({ project, environment, service }: UpPlace): string {
  const part = encodeURIComponent
  return `/project/${part(project)}/environment/${part(environment)}/up?serviceId=${part(service)}`
}

/** The place that a request to the upload route names; undefined for any other. */
export function upPlaceIn(url: string): UpPlace | undefined {
  const [path = '', query = ''] = url.split('?')
  const [, project, environment] = /^\/project\/([^/]+)\/environment\/([^/]+)\/up$/.exec(path) ?? []
  if (project === undefined || environment === undefined) return undefined
  return { project, environment, service: new URLSearchParams(query).get('serviceId') ?? '' }
}

/** The files in the body of an upload. */
export function uploadedFiles(body: unknown): UploadedFile[] | undefined {
  const files: unknown = isRecord(body) ? body.files : undefined
  if (!Array.isArray(files)) return undefined
  const read = files.flatMap((file: unknown): UploadedFile[] => {
    if (!isRecord(file)) return []
    const { path, content } = file
    return typeof path === 'string' && typeof content === 'string' ? [{ path, content }] : []
  })
  return read.length === files.length ? read : undefined
}
