import { onTestFinished } from 'vitest'
import { rehearsalTiming } from '../../src/config/timing.ts'
import { createHttpClient } from '../../src/kit/http.ts'
import type { LocalPlatformOptions } from '../../src/local/index.ts'
import type { LogItem } from '../../src/logs/log-item.ts'
import { followLogs, type LogRequest, type LogState } from '../../src/operations/follow-logs.ts'
import { chooseCredential } from '../../src/platform/credential.ts'
import { createGraphqlClient } from '../../src/platform/graphql-client.ts'
import { createGraphqlPlatform } from '../../src/platform/graphql-platform.ts'
import type { DeploymentId } from '../../src/platform/ids.ts'
import { id } from '../../src/platform/ids.ts'
import type { LogRow, LogSource } from '../../src/platform/log-row.ts'
import { createSubscriptions } from '../../src/platform/subscriptions.ts'
import { aProject } from '../support/contract-caller.ts'

/** Services that are live on a local platform, and the real client to read and follow what they print. */
export async function loggingServices(names: readonly string[], options: Partial<LocalPlatformOptions> = {}) {
  const caller = await aProject({ linesPerSecond: 1_000_000, ...options })
  const { clock, environmentId, platform: local } = caller
  const services: string[] = []
  const deployments: DeploymentId[] = []
  for (const name of names) services.push(await caller.makeApp(name))
  for (const service of services) deployments.push(id(await caller.deploy(service)))
  // A clock that jumps does not wait for them to be loaded.
  await Promise.all([import('graphql-ws/client'), import('ws')])
  // Behind everything that the deployments themselves print.
  clock.advance(60_000)

  const http = createHttpClient({ clock, userAgent: 'fakturino/test' })
  onTestFinished(() => http.close())
  const credential = chooseCredential({}, local.address)
  const needs = { credential, clock, random: () => 0.5 }
  const client = createGraphqlClient({ ...needs, http })
  const platform = createGraphqlPlatform(client, createSubscriptions(needs))
  const source: LogSource = { kind: 'environment', environmentId: id(environmentId) }

  /** Begins to follow; what it tells is added to `items` and `states`, with the hour at which it was told. */
  function follow(request: Partial<LogRequest> = {}) {
    const controller = new AbortController()
    onTestFinished(() => controller.abort())
    const items: (LogItem & { toldAt: number })[] = []
    const states: LogState[] = []
    const ended = followLogs(
      { sources: [source], isFollowed: true, ...request },
      {
        platform,
        clock,
        signal: controller.signal,
        timing: rehearsalTiming,
        tell: (told) => items.push(...told.map((item) => ({ ...item, toldAt: clock.now() }))),
        tellState: (state) => states.push(state),
      },
    )
    // Whoever waits for it hears of a failure; until then it is nobody's.
    ended.catch(() => {})
    /** Has it been told of such a state so often? */
    const has = (kind: LogState['kind'], times = 1) => states.filter((state) => state.kind === kind).length >= times
    return { items, states, has, ended, stop: () => controller.abort(), messages: () => messagesOf(items) }
  }

  return { caller, clock, local, client, platform, source, environmentId, services, deployments, follow }
}

export function messagesOf(items: readonly LogItem[]): string[] {
  return items.map((item) => (item.kind === 'row' ? item.row.message : `gap: ${item.gap.because}`))
}

export function rowsOf(items: readonly LogItem[]): LogRow[] {
  return items.flatMap((item) => (item.kind === 'row' ? [item.row] : []))
}
