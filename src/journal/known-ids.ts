import { own } from '../config/own.ts'
import type { Files } from '../kit/files.ts'
import { isRecord } from '../kit/json.ts'
import type { KnownIds } from '../operations/observe-environment.ts'
import { type EnvironmentId, id, type ProjectId } from '../platform/ids.ts'

interface Remembered {
  projectId: string
  environments: Record<string, string>
}

/** By endpoint, by project name. */
type Everything = Record<string, Record<string, Remembered>>

/**
 * Ids that commands have seen, in a file of the state directory, so that the next one needs no look-up. Only a hint: a file that
 * is damaged, or cannot be read or written, means look-ups again and nothing else.
 */
export function createKnownIds(files: Files, path: string, endpoint: string): KnownIds {
  const read = async (): Promise<Everything> => {
    try {
      const text = await files.readText(path)
      return text === undefined ? {} : everything(JSON.parse(text))
    } catch {
      return {}
    }
  }
  return {
    async recall(project) {
      const found = own(own(await read(), endpoint), project)
      if (found === undefined) return undefined
      return {
        projectId: id<'project'>(found.projectId),
        environments: Object.fromEntries(
          Object.entries(found.environments).map(([name, text]): [string, EnvironmentId] => [name, id(text)]),
        ),
      }
    },
    async remember(project: { id: ProjectId; name: string }, environments) {
      const known = await read()
      const remembered: Remembered = {
        projectId: project.id,
        environments: Object.fromEntries(environments.map((environment) => [environment.name, environment.id])),
      }
      const there = own(own(known, endpoint), project.name)
      if (JSON.stringify(there) === JSON.stringify(remembered)) return
      const next = { ...known, [endpoint]: { ...known[endpoint], [project.name]: remembered } }
      await files.writeText(path, `${JSON.stringify(next, null, 2)}\n`).catch(() => undefined)
    },
  }
}

function everything(value: unknown): Everything {
  if (!isRecord(value)) return {}
  const known: Everything = {}
  for (const [endpoint, projects] of Object.entries(value)) {
    if (!isRecord(projects)) continue
    for (const [name, remembered] of Object.entries(projects)) {
      if (isRemembered(remembered)) known[endpoint] = { ...known[endpoint], [name]: remembered }
    }
  }
  return known
}

function isRemembered(value: unknown): value is Remembered {
  if (!isRecord(value) || typeof value.projectId !== 'string' || !isRecord(value.environments)) return false
  return Object.values(value.environments).every((environment) => typeof environment === 'string')
}
