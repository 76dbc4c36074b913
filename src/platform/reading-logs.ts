import type { HttpStatusesQuery, ObservedHttpRowFragment, ObservedLogRowFragment } from '../contract/types.ts'
import {
  FollowBuildLog,
  FollowDeployLog,
  FollowEnvironmentLog,
  FollowHttpLog,
  HttpStatuses,
  ReadBuildRows,
  ReadDeployRows,
  ReadEnvironmentLog,
  ReadHttpLog,
} from '../contract/types.ts'
import { clipped } from '../kit/text.ts'
import { CombinedRequest } from './combined-request.ts'
import type { GraphqlClient } from './graphql-client.ts'
import type { AnsweredRequests, LogRow, LogWindow } from './log-row.ts'
import type { Platform, RowListener } from './platform.ts'
import type { CarriedListener, Subscriptions } from './subscriptions.ts'
import { toHttpRow, toLogRow } from './translate-log.ts'

/** What services printed, and how the edge answered for them. @param subscriptions without them no log can be followed */
export function readingLogs(
  client: GraphqlClient,
  subscriptions: Subscriptions | undefined,
): Pick<
  Platform,
  'readLogRows' | 'readDeploymentsRows' | 'followLogRows' | 'readAnsweredRequests' | 'readAnsweredByPath'
> {
  const toRows = ({ lines }: { lines: ObservedLogRowFragment[] }) => lines.map((line) => toLogRow(line, client.redact))
  const toHttpRows = ({ lines }: { lines: ObservedHttpRowFragment[] }) =>
    lines.map((line) => toHttpRow(line, client.redact))

  return {
    readLogRows: async (source, window, options) => {
      switch (source.kind) {
        case 'environment': {
          const variables = { environmentId: source.environmentId, ...anchored(window) }
          return toRows((await client.read(ReadEnvironmentLog, variables, options)).result)
        }
        case 'http': {
          const variables = { deploymentId: source.deploymentId, ...anchored(window) }
          return toHttpRows((await client.read(ReadHttpLog, variables, options)).result)
        }
        case 'build':
        case 'deploy': {
          const document = source.kind === 'build' ? ReadBuildRows : ReadDeployRows
          const variables = { deploymentId: source.deploymentId, ...bounded(window) }
          return toRows((await client.read(document, variables, options)).result)
        }
      }
    },
    readDeploymentsRows: async (asked) => {
      if (asked.length === 0) return new Map()
      const request = new CombinedRequest('ReadDeploymentsRows')
      const parts = asked.map(({ deploymentId, window }) => ({
        deploymentId,
        rowsIn: request.add(ReadDeployRows, { deploymentId, ...bounded(window) }),
      }))
      const { result } = await client.readCombined(request)
      return new Map(parts.map(({ deploymentId, rowsIn }) => [deploymentId, toRows(rowsIn(result))]))
    },
    followLogRows: (source, windowOf, signal, listener) => {
      const carried = fitToBeShown(listener, client.redact)
      if (subscriptions === undefined) {
        carried.ended({ because: 'unreachable', why: 'nothing is streamed here' })
        return { stop: () => {} }
      }
      switch (source.kind) {
        case 'environment': {
          const variables = () => ({ environmentId: source.environmentId, ...anchored(windowOf()) })
          return subscriptions.carry({ document: FollowEnvironmentLog, variables, read: toRows }, signal, carried)
        }
        case 'http': {
          const variables = () => ({ deploymentId: source.deploymentId, ...anchored(windowOf()) })
          return subscriptions.carry({ document: FollowHttpLog, variables, read: toHttpRows }, signal, carried)
        }
        case 'build':
        case 'deploy': {
          const document = source.kind === 'build' ? FollowBuildLog : FollowDeployLog
          const variables = () => {
            const { filter = '', before = null } = windowOf()
            return { deploymentId: source.deploymentId, filter, limit: before }
          }
          return subscriptions.carry({ document, variables, read: toRows }, signal, carried)
        }
      }
    },
    readAnsweredRequests: async ({ path, ...asked }) =>
      toAnswered((await client.read(HttpStatuses, statusesAsked(asked, path))).result),
    readAnsweredByPath: async (asked, paths) => {
      const request = new CombinedRequest('HttpStatuses')
      const allIn = request.add(HttpStatuses, statusesAsked(asked))
      const pathsIn = paths.map((path) => request.add(HttpStatuses, statusesAsked(asked, path)))
      const { result } = await client.readCombined(request)
      return { all: toAnswered(allIn(result)), ofPaths: pathsIn.map((pathIn) => toAnswered(pathIn(result))) }
    },
  }
}

type AskedStatuses = Parameters<Platform['readAnsweredByPath']>[0]

function statusesAsked({ environmentId, serviceId, from, until, stepSeconds }: AskedStatuses, path?: string) {
  return {
    environmentId,
    serviceId,
    startDate: new Date(from).toISOString(),
    endDate: new Date(until).toISOString(),
    stepSeconds,
    path: path ?? null,
  }
}

function toAnswered({ statuses }: HttpStatusesQuery): AnsweredRequests[] {
  return statuses.flatMap(({ statusCode, samples }) =>
    samples.map(({ ts, value }) => ({ status: statusCode, at: ts * 1000, requests: value })),
  )
}

/** What a stream says of itself may hold what the platform said. */
function fitToBeShown(listener: RowListener, redact: (text: string) => string): CarriedListener<LogRow[]> {
  const sayable = (why: string) => clipped(redact(why), 300)
  return {
    connected: () => listener.connected(),
    brought: (rows) => listener.rows(rows),
    lost: (why) => listener.lost(sayable(why)),
    ended: ({ because, why }) => listener.ended({ because, why: sayable(why) }),
  }
}

/** A window as the logs of an environment and of the edge want it asked for. */
function anchored({ filter, anchor, from, before, until, after }: LogWindow) {
  return {
    filter: filter ?? '',
    anchorDate: anchor ?? null,
    beforeDate: from ?? null,
    beforeLimit: before ?? null,
    afterDate: until ?? null,
    afterLimit: after ?? null,
  }
}

/** The same for the logs of one deployment, which know no moment in the middle. */
function bounded({ filter, anchor, from, before, until, after }: LogWindow) {
  return {
    filter: filter ?? '',
    startDate: from ?? null,
    endDate: until ?? anchor ?? null,
    limit: before ?? after ?? null,
  }
}
