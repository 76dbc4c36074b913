import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../kit/clock.ts'
import type { RehearsalAddress } from '../kit/rehearsal-address.ts'
import { answerControl } from './control.ts'
import { answerAtEdge } from './edge.ts'
import { executableSchema } from './executable-schema.ts'
import { GraphqlEndpoint } from './graphql-endpoint.ts'
import { answerGraphql, graphqlPath } from './graphql-route.ts'
import { graphqlSockets } from './graphql-socket.ts'
import { keepTime } from './keep-time.ts'
import { mostLinesPerSecond } from './log-writer.ts'
import { listenOnLoopback, loopback, sendJson } from './loopback-server.ts'
import type { Masked } from './patches.ts'
import { PlatformModel } from './platform-model.ts'
import type { RepositorySeed } from './repositories.ts'
import {
  type RequestHook,
  RequestLog,
  type RequestRecord,
  type SocketHook,
  SocketLog,
  type SocketMoment,
} from './requests.ts'
import type { DeniedPart } from './resolvers/request-context.ts'
import { runPath } from './run-command.ts'
import { answerRun } from './run-route.ts'
import { type SimulatedTiming, simulatedTiming } from './runtime/simulated.ts'
import { sshPath } from './ssh-command.ts'
import { answerSsh } from './ssh-route.ts'
import { newTokens } from './tokens.ts'
import { World } from './world.ts'

export type { Condition } from './condition.ts'
export type { Masked } from './patches.ts'
export type { CommitBehaviour, CommitSeed, RepositorySeed } from './repositories.ts'
export type { Misfortune, SocketMisfortune } from './requests.ts'
export type { DeniedPart } from './resolvers/request-context.ts'

export interface LocalPlatformOptions {
  clock: Clock
  /** On loopback; 0 or absent: any free one. */
  port?: number
  repositories?: readonly RepositorySeed[]
  /** Names of environments: one project token each, usable as soon as that environment exists. */
  projectTokens?: readonly string[]
  /** Absent: 1 s, 0.5 s, 0.5 s. */
  timing?: Partial<SimulatedTiming>
  /** No list ever answers more rows than this. Absent: 500, the most a client may ask for. */
  pageCap?: number
  /** How a value looks to someone who may not see it; absent: it is left out. */
  masked?: Masked
  /** What no token may do here: use patches, say, or read the config of an environment. Absent: nothing is denied. */
  denied?: readonly DeniedPart[]
  /** How many lines a second one container may print before the rest is dropped. Absent: 500, as on the platform. */
  linesPerSecond?: number
  /** For ids and tokens. Absent: the system's. */
  random?: (bytes: number) => Uint8Array
  /** The process to name in the address. */
  pid?: number
  /** The script to name in the address that stands in for Railway's own command. */
  standIn?: string
}

export interface LocalPlatform {
  address: RehearsalAddress
  world: World
  /** Every GraphQL request so far, in order. */
  requests: readonly RequestRecord[]
  /** Asks the hook about every request from now on; the returned function takes it away again. */
  onRequest(hook: RequestHook): () => void
  /** Every upgrade and every message sent over a WebSocket so far, in order. */
  socketMoments: readonly SocketMoment[]
  /** Asks the hook about every one of them from now on; the returned function takes it away again. */
  onSocket(hook: SocketHook): () => void
  /** What to do when someone with the control token asks for an end. */
  onStopRequested(act: () => void): void
  /** Closes both ports and every connection, sockets too. Calling it twice is fine. */
  stop(): Promise<void>
}

// Building and validating against a schema is by far the slowest part of a start, and neither holds anything of one platform.
let sharedEndpoint: Promise<GraphqlEndpoint> | undefined

/** Starts a platform that speaks Railway's API on loopback, with an empty workspace. */
export async function startLocalPlatform(options: LocalPlatformOptions): Promise<LocalPlatform> {
  const { clock, random = randomBytes, masked = 'absent', pageCap = 500, denied = [] } = options
  const { linesPerSecond = mostLinesPerSecond, repositories = [] } = options
  sharedEndpoint ??= executableSchema().then((schema) => new GraphqlEndpoint(schema))
  const endpoint = await sharedEndpoint
  const timing = { ...simulatedTiming, ...options.timing }
  const stopping = new AbortController()
  const model = new PlatformModel({ clock, random, timing, repositories, linesPerSecond, stopping: stopping.signal })
  const world = new World(model)
  const log = new RequestLog()
  const tokens = newTokens(options.projectTokens ?? [], (bytes) => model.hex(bytes))
  const controlToken = `rehearsal_control_${model.hex(16)}`
  const graphql = { clock, model, endpoint, tokens, log, masked, pageCap, denied, stopping: stopping.signal }
  const sockets = new SocketLog()
  const streams = graphqlSockets({ ...graphql, sockets })
  const stopTime = keepTime(model.agenda, clock, model.news)
  let stopRequested = () => {}

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split('?')[0] ?? ''
    if (path === graphqlPath) return answerGraphql(request, response, graphql)
    if (path === sshPath) return answerSsh(request, response, { model, tokens, port: api.port })
    if (path === runPath) return answerRun(request, response, { model, tokens, port: api.port })
    if (!path.startsWith('/control/')) return sendJson(response, 404, { message: 'Not Found' })
    const needs = { world, controlToken, port: api.port, now: () => clock.now(), stop: () => stopRequested() }
    return answerControl(request, response, needs)
  }
  const api = await listenOnLoopback(options.port ?? 0, clock, answer, streams.upgrade)
  const edge = await listenOnLoopback(0, clock, (request, response) =>
    answerAtEdge(request, response, model, () => clock.now()),
  )

  return {
    address: {
      format: 1,
      endpoint: `http://${loopback}:${api.port}${graphqlPath}`,
      edge: { host: loopback, port: edge.port },
      tokens,
      controlToken,
      pid: options.pid ?? 0,
      ...(options.standIn === undefined ? {} : { standIn: options.standIn }),
    },
    world,
    requests: log.records,
    onRequest: (hook) => log.on(hook),
    socketMoments: sockets.records,
    onSocket: (hook) => sockets.on(hook),
    onStopRequested: (act) => {
      stopRequested = act
    },
    stop: async () => {
      stopping.abort(new Error('The local platform stops'))
      stopTime()
      streams.stop()
      await Promise.all([api.stop(), edge.stop()])
    },
  }
}
