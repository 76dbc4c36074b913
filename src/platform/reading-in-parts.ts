import type { EnvironmentConfig } from '../contract/environment-config.ts'
import {
  EnvironmentHistory,
  type ObservedPartsFragment,
  type ObservedPlatformStatusFragment,
  type ObservedProjectFragment,
  ObserveParts,
  ObservePartsThroughToken,
  StoredConfig,
  StoredVariables,
  VariableNames,
} from '../contract/types.ts'
import { CombinedRequest } from './combined-request.ts'
import { configInParts } from './config-in-parts.ts'
import type { GraphqlClient } from './graphql-client.ts'
import { isDenied, unlessDenied } from './is-denied.ts'
import type { DeniedPart, ObservedState } from './observed-state.ts'
import { allOf, allPages, type Cursors } from './paging.ts'
import type { Target } from './platform.ts'
import { type Reading, toObservedState } from './translate-environment.ts'

/**
 * The second way of reading, for a token that may not read the config of an environment, or not what is staged and the history.
 * One of them in a request makes the whole answer null, so the first reading that is denied is asked again in parts: three
 * requests more, once, and one for the variables. A token that may not read at all is refused with the first refusal.
 * Every later reading costs one request where patches are denied, and two where the config is.
 */
export interface ReadingInParts {
  /** `whole` reads everything at once; it is not asked again once a part was denied. @param asking what is read on top */
  observe(target: Target | 'token', whole: () => Promise<ObservedState>, asking: Asking): Promise<ObservedState>
  /** The same for several environments, each read by itself where a part is denied. */
  observeAll(targets: readonly Target[], whole: () => Promise<ObservedState[]>): Promise<ObservedState[]>
  /** Another request found that patches are denied. */
  learnPatchesDenied(): void
}

/** What is asked for on top, with the first page. */
interface Asking {
  withRecent?: boolean
}

/** The parts that are never denied alone. */
interface Parts {
  project: ObservedProjectFragment
  environment: ObservedPartsFragment
  platformStatus: ObservedPlatformStatusFragment
}

type History = Pick<Reading, 'staged' | 'patches'>

export function readingInParts(client: GraphqlClient): ReadingInParts {
  /** Undefined as long as everything is read at once. */
  let denied: readonly DeniedPart[] | undefined

  async function whatIsDenied(target: Target | 'token', refusal: unknown, asking: Asking = {}): Promise<ObservedState> {
    const probe = await unlessDenied(target === 'token' ? partsThroughToken(asking) : partsOf(target, asking))
    if (probe === undefined) throw refusal
    const { environmentId } = idsOf(probe.parts)
    const [stored, history] = await Promise.all([
      unlessDenied(client.read(StoredConfig, { environmentId })),
      unlessDenied(client.read(EnvironmentHistory, { environmentId })),
    ])
    denied = [
      ...(stored === undefined ? ['config' as const] : []),
      ...(history === undefined ? ['patches' as const] : []),
    ]
    return together(probe, stored?.result.environment.config, history?.result ?? {})
  }

  async function inParts(target: Target, known: readonly DeniedPart[], asking: Asking = {}): Promise<ObservedState> {
    const request = new CombinedRequest('ObserveInParts')
    const { projectId, environmentId } = target
    const partsIn = request.add(ObserveParts, { projectId, environmentId, ...asking })
    const storedIn = known.includes('config') ? undefined : request.add(StoredConfig, { environmentId })
    const historyIn = known.includes('patches') ? undefined : request.add(EnvironmentHistory, { environmentId })
    const { result, platformTime } = await client.readCombined(request)
    const whole = await withAllPages({ parts: partsIn(result), platformTime }, target)
    return together(whole, storedIn?.(result).environment.config, historyIn?.(result) ?? {})
  }

  async function partsOf({ projectId, environmentId }: Target, asking: Asking) {
    const { result, platformTime } = await client.read(ObserveParts, { projectId, environmentId, ...asking })
    return withAllPages({ parts: result, platformTime }, { projectId, environmentId })
  }

  async function partsThroughToken(asking: Asking) {
    const read = async (cursors: Cursors | Asking) => {
      const { result, platformTime } = await client.read(ObservePartsThroughToken, { ...cursors })
      const { project, environment } = result.projectToken
      return { parts: { project, environment, platformStatus: result.platformStatus }, platformTime }
    }
    return paged(await read(asking), read)
  }

  function withAllPages(first: Read, { projectId, environmentId }: Target): Promise<Read> {
    return paged(first, async (cursors) => {
      const { result, platformTime } = await client.read(ObserveParts, { projectId, environmentId, ...cursors })
      return { parts: result, platformTime }
    })
  }

  async function together(
    { parts, platformTime }: Read,
    stored: EnvironmentConfig | undefined,
    history: History,
  ): Promise<ObservedState> {
    const config = stored ?? (await readConfigInParts(parts))
    const { project, environment, platformStatus } = parts
    const reading = { project, environment: { ...environment, config }, platformStatus, ...history }
    return { ...toObservedState(reading, platformTime), denied: denied ?? [] }
  }

  /** One request, more only where there are over 500 variables. */
  async function readConfigInParts(parts: Parts): Promise<EnvironmentConfig> {
    const { environment } = parts
    const ids = idsOf(parts)
    const request = new CombinedRequest('ObserveVariables')
    const sharedIn = request.add(StoredVariables, ids)
    const namesIn = request.add(VariableNames, { environmentId: ids.environmentId })
    const valuesIn = environment.serviceInstances.edges.map(({ node: { serviceId } }) => ({
      serviceId,
      of: request.add(StoredVariables, { ...ids, serviceId }),
    }))
    const { result } = await client.readCombined(request)
    const { edges, pageInfo } = namesIn(result).environment.variables
    const further = pageInfo.hasNextPage ? await namesAfter(ids.environmentId, pageInfo.endCursor) : []
    return configInParts({
      environment,
      shared: sharedIn(result).variables,
      variables: new Map(valuesIn.map(({ serviceId, of }) => [serviceId, of(result).variables])),
      names: [...edges.map(({ node }) => node), ...further],
    })
  }

  function namesAfter(environmentId: string, start: string | null) {
    return allOf(async (after) => {
      const { result } = await client.read(VariableNames, { environmentId, after: after ?? start })
      return result.environment.variables
    })
  }

  return {
    observe: async (target, whole, asking) => {
      if (denied !== undefined && target !== 'token') return inParts(target, denied, asking)
      try {
        return await whole()
      } catch (error) {
        if (isDenied(error)) return whatIsDenied(target, error, asking)
        throw error
      }
    },
    observeAll: async (targets, whole) => {
      const states: ObservedState[] = []
      let refusal: unknown
      if (denied === undefined) {
        try {
          return await whole()
        } catch (error) {
          if (!isDenied(error)) throw error
          refusal = error
        }
      }
      for (const target of targets)
        states.push(await (denied === undefined ? whatIsDenied(target, refusal) : inParts(target, denied)))
      return states
    },
    learnPatchesDenied: () => {
      denied = [...new Set([...(denied ?? []), 'patches' as const])]
    },
  }
}

interface Read {
  parts: Parts
  platformTime: number | undefined
}

/** Reads what did not fit on the first page; the time is that of the last. */
async function paged(first: Read, next: (cursors: Cursors) => Promise<Read>): Promise<Read> {
  let { platformTime } = first
  const pages = [first.parts]
  const whole = await allPages(asReading(first.parts), async (cursors) => {
    const page = await next(cursors)
    platformTime = page.platformTime
    pages.push(page.parts)
    return asReading(page.parts)
  })
  // Pages are joined by what every reading has; settings stand on the same rows.
  const rows = new Map(
    pages.flatMap(({ environment }) => environment.serviceInstances.edges).map((row) => [row.node.id, row]),
  )
  const { config: _none, ...environment } = whole.environment
  const edges = environment.serviceInstances.edges.flatMap(({ node }) => rows.get(node.id) ?? [])
  const serviceInstances = { ...environment.serviceInstances, edges }
  return {
    parts: {
      project: whole.project,
      environment: { ...environment, serviceInstances },
      platformStatus: whole.platformStatus,
    },
    platformTime,
  }
}

function asReading({ project, environment, platformStatus }: Parts): Reading {
  return { project, environment: { ...environment, config: {} }, platformStatus }
}

function idsOf({ project, environment }: Parts) {
  return { projectId: project.id, environmentId: environment.id }
}
