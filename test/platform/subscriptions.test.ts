import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { FollowDeployment, FollowDeploymentEvents } from '../../src/contract/types.ts'
import { Secret } from '../../src/kit/secret.ts'
import type { SocketMisfortune } from '../../src/local/index.ts'
import { createSubscriptions, type Stream, type Subscription } from '../../src/platform/subscriptions.ts'
import { aProject, type ContractCaller } from '../support/contract-caller.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { settled, until } from '../support/until.ts'

const token = 'rehearsal_sentinel_token'

interface Followed {
  stream: Stream
  words: () => number
  controller: AbortController
}

function follow(
  url: string,
  clock: FakeClock,
  subscriptions: Subscription[],
  credential: { kind?: 'bearer' | 'project'; token?: string } = {},
): Followed {
  const { kind = 'bearer' } = credential
  const controller = new AbortController()
  let heard = 0
  const stream = createSubscriptions({
    clock,
    random: () => 0,
    credential: {
      endpoint: { url, host: '127.0.0.1', isLoopback: true },
      kind,
      header: kind === 'bearer' ? 'Authorization' : 'Project-Access-Token',
      token: new Secret(credential.token ?? token),
    },
  }).follow(subscriptions, controller.signal, () => {
    heard += 1
  })
  onTestFinished(() => stream.stop())
  return { stream, words: () => heard, controller }
}

const about = (deploymentId: string): Subscription[] =>
  [FollowDeployment, FollowDeploymentEvents].map((document) => ({
    document,
    variables: { deploymentId },
    topic: deploymentId,
  }))

/** One deployment on a local platform, followed. */
async function followed(trouble?: (caller: ContractCaller) => void) {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const deploymentId = await caller.deploy(api)
  trouble?.(caller)
  const { endpoint, tokens } = caller.platform.address
  const result = follow(endpoint, caller.clock, about(deploymentId), { token: tokens.account })
  const moments = () => caller.platform.socketMoments.map(({ socket, type }) => `${socket} ${type}`)
  const acknowledged = (socket: number) => until(() => moments().includes(`${socket} connection_ack`))
  return { caller, deploymentId, moments, acknowledged, ...result }
}

/** A server of WebSockets that does what a test wants. */
async function aServer(act: {
  upgrade?: (request: IncomingMessage) => string | undefined
  open?: (socket: WebSocket, nth: number) => void
}) {
  const upgrades: IncomingMessage[] = []
  const received: string[] = []
  const open = new Set<WebSocket>()
  const http = createServer()
  const door = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, connection, head) => {
    upgrades.push(request)
    const refusal = act.upgrade?.(request)
    if (refusal !== undefined) {
      connection.end(`HTTP/1.1 ${refusal}\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    door.handleUpgrade(request, connection, head, (socket) => {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.on('message', (data) => received.push(String(data)))
      act.open?.(socket, upgrades.length)
    })
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    for (const socket of open) socket.terminate()
    http.close()
  })
  const { port } = http.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/graphql/v2`, upgrades, received, open }
}

const greeting = '{"type":"connection_ack"}'
const greets = (socket: WebSocket) =>
  socket.on('message', (data) => String(data).includes('connection_init') && socket.send(greeting))

describe('a stream', () => {
  it('brings word of each change, and counts as connected from the first', async () => {
    const { caller, stream, words, acknowledged } = await followed()
    await acknowledged(1)
    await settled()
    expect([stream.isConnected(), words()]).toEqual([false, 0])
    caller.clock.advance(100)
    await until(() => words() === 3)
    expect(stream.isConnected()).toBe(true)
    caller.clock.advance(900)
    await until(() => words() > 3)
  })

  it('is not connected until every topic has brought something', async () => {
    const caller = await aProject()
    const { endpoint, tokens } = caller.platform.address
    const [api, worker] = [await caller.makeApp('api'), await caller.makeApp('worker')]
    const first = await caller.deploy(api)
    caller.clock.advance(500)
    const second = await caller.deploy(worker)
    const { stream, words } = follow(endpoint, caller.clock, [...about(first), ...about(second)], {
      token: tokens.account,
    })
    await until(() => caller.platform.socketMoments.length === 2)
    await settled()
    caller.clock.advance(100)
    await until(() => words() > 0)
    expect(stream.isConnected()).toBe(false)
    caller.clock.advance(500)
    await until(() => words() > 3)
    expect(stream.isConnected()).toBe(true)
  })

  it('ends with the deployment, and nobody knocks again', async () => {
    const { caller, deploymentId, stream, words, acknowledged, moments } = await followed()
    await acknowledged(1)
    await settled()
    caller.platform.world.forceStatus(deploymentId, 'REMOVED')
    await until(() => words() > 0)
    await until(() => !stream.isConnected())
    caller.clock.advance(600_000)
    await settled()
    expect(moments().filter((moment) => moment.endsWith('upgrade'))).toHaveLength(1)
  })

  it('ends a subscription that is refused, and that makes it no stream', async () => {
    const caller = await aProject()
    const { endpoint, tokens } = caller.platform.address
    const { stream, words } = follow(endpoint, caller.clock, about('none'), { token: tokens.account })
    await until(() => caller.platform.socketMoments.filter(({ type }) => type === 'complete').length === 2)
    await settled()
    caller.clock.advance(600_000)
    await settled()
    expect([stream.isConnected(), words()]).toEqual([false, 0])
    expect(caller.platform.socketMoments.filter(({ type }) => type === 'upgrade')).toHaveLength(1)
  })
})

describe('the token', () => {
  it.each([
    ['bearer', 'authorization', { Authorization: `Bearer ${token}` }],
    ['project', 'project-access-token', { 'Project-Access-Token': token }],
  ] as const)('of the kind %s goes with the upgrade and with connection_init', async (kind, header, payload) => {
    const server = await aServer({ open: greets })
    follow(server.url, new FakeClock(), about('d'), { kind })
    await until(() => server.received.length === 3)
    expect(server.upgrades[0]?.headers[header]).toBe(Object.values(payload)[0])
    expect(server.upgrades[0]?.url).toBe('/graphql/v2')
    expect(JSON.parse(server.received[0] ?? '')).toEqual({ type: 'connection_init', payload })
  })

  it('is taken nowhere else by a redirect', async () => {
    const elsewhere = await aServer({ open: greets })
    const server = await aServer({ upgrade: () => `307 Elsewhere\r\nlocation: ${elsewhere.url.replace('http', 'ws')}` })
    const clock = new FakeClock()
    follow(server.url, clock, about('d'))
    await until(() => server.upgrades.length === 1)
    await settled()
    expect(elsewhere.upgrades).toHaveLength(0)
  })
})

describe('a connection that breaks', () => {
  test.each<[string, SocketMisfortune]>([
    ['is cut', { kind: 'cut' }],
    ['sends what is no JSON', { kind: 'message', text: '<html>' }],
    ['sends what is no message', { kind: 'message', text: '{"type":"surprise"}' }],
  ])('because it %s is made again, and the loss is word too', async (_, trouble) => {
    const { caller, stream, words, acknowledged, moments } = await followed()
    await acknowledged(1)
    await settled()
    caller.clock.advance(100)
    await until(() => stream.isConnected())
    await until(() => words() === 3)
    const heal = caller.platform.onSocket(({ type }) => (type === 'next' ? trouble : undefined))
    caller.clock.advance(900)
    await until(() => !stream.isConnected())
    expect(words()).toBeGreaterThan(3)
    heal()
    await settled()
    expect(moments()).not.toContain('2 upgrade')
    caller.clock.advance(1_000)
    await acknowledged(2)
  })

  it('because nobody is there any more is found out by asking', async () => {
    const { caller, stream, acknowledged, moments } = await followed()
    await acknowledged(1)
    await settled()
    caller.clock.advance(100)
    await until(() => stream.isConnected())
    caller.platform.onSocket(({ socket }) => (socket === 1 ? { kind: 'silence' } : undefined))
    caller.clock.advance(10_000)
    await settled()
    expect(stream.isConnected()).toBe(true)
    caller.clock.advance(5_000)
    expect(stream.isConnected()).toBe(false)
    caller.clock.advance(1_000)
    await until(() => moments().includes('2 connection_ack'))
  })

  it('is kept for as long as it answers', async () => {
    const { caller, acknowledged, moments } = await followed()
    await acknowledged(1)
    await settled()
    for (let nth = 1; nth < 10; nth++) {
      caller.clock.advance(10_000)
      await until(() => moments().filter((moment) => moment === '1 pong').length === nth)
      await settled()
    }
    expect(moments()).not.toContain('2 upgrade')
  })

  it('before it stood, and does not answer at all, is given up in time', async () => {
    const { caller, moments } = await followed(({ platform }) => {
      platform.onSocket(({ socket }) => (socket === 1 ? { kind: 'silence' } : undefined))
    })
    await until(() => moments().includes('1 upgrade'))
    caller.clock.advance(10_000)
    caller.clock.advance(1_000)
    await until(() => moments().includes('2 connection_ack'))
  })

  it.each([
    ['401 Unauthorized', 1],
    ['403 Forbidden', 1],
    ['404 Not Found', 1],
    ['429 Too Many Requests', 12],
    ['502 Bad Gateway', 12],
  ])('at the upgrade with %s is tried %i times', async (refusal, tries) => {
    const server = await aServer({ upgrade: () => refusal })
    const clock = new FakeClock()
    const { stream, words } = follow(server.url, clock, about('d'))
    for (let nth = 1; nth <= 15; nth++) {
      await until(() => server.upgrades.length >= Math.min(nth, tries))
      await settled()
      clock.advance(9_000)
    }
    await settled()
    expect(server.upgrades).toHaveLength(tries)
    expect([stream.isConnected(), words()]).toEqual([false, 0])
  })

  it('each time as soon as it stands is left alone in the end', async () => {
    const server = await aServer({
      open: (socket) => {
        greets(socket)
        socket.on('message', (data) => String(data).includes('subscribe') && socket.terminate())
      },
    })
    const clock = new FakeClock()
    follow(server.url, clock, about('d'))
    for (let nth = 1; nth <= 15; nth++) {
      await until(() => server.upgrades.length >= Math.min(nth, 12) && server.open.size === 0)
      await settled()
      clock.advance(9_000)
    }
    await settled()
    expect(server.upgrades).toHaveLength(12)
  })

  it('with a code that says no is not made again', async () => {
    const server = await aServer({ open: (socket) => socket.on('message', () => socket.close(4403, 'Forbidden')) })
    const clock = new FakeClock()
    follow(server.url, clock, about('d'))
    await until(() => server.received.length === 1 && server.open.size === 0)
    await settled()
    clock.advance(60_000)
    await settled()
    expect(server.upgrades).toHaveLength(1)
  })
})

describe('an abort', () => {
  it.each<[string, (socket: WebSocket) => void]>([
    ['while the other side says nothing', () => {}],
    ['while it streams', (socket) => greets(socket)],
  ])('%s ends it at once, and leaves no socket', async (_, open) => {
    const server = await aServer({ open })
    const clock = new FakeClock()
    const { controller, stream } = follow(server.url, clock, about('d'))
    await until(() => server.received.length > 0)
    await settled()
    controller.abort(new Error('interrupted'))
    expect(stream.isConnected()).toBe(false)
    await until(() => server.open.size === 0)
    clock.advance(600_000)
    await settled()
    expect(server.upgrades).toHaveLength(1)
  })

  it('in the middle of the upgrade ends it', async () => {
    let isOver = false
    const { caller, controller, moments } = await followed(({ platform }) => {
      platform.onSocket(() => (isOver ? undefined : { kind: 'silence' }))
    })
    await until(() => moments().length === 1)
    controller.abort(new Error('interrupted'))
    isOver = true
    caller.clock.advance(600_000)
    await settled()
    expect(moments()).toEqual(['1 upgrade'])
  })

  it('between two connections ends it', async () => {
    const server = await aServer({ upgrade: () => '502 Bad Gateway' })
    const clock = new FakeClock()
    const { controller } = follow(server.url, clock, about('d'))
    await until(() => server.upgrades.length === 1)
    await settled()
    controller.abort(new Error('interrupted'))
    clock.advance(600_000)
    await settled()
    expect(server.upgrades).toHaveLength(1)
  })

  it('before it began lets it not begin', async () => {
    const server = await aServer({})
    const controller = new AbortController()
    controller.abort()
    const endpoint = { url: server.url, host: '127.0.0.1', isLoopback: true }
    const credential = { endpoint, kind: 'bearer', header: 'Authorization', token: new Secret(token) } as const
    const subscriptions = createSubscriptions({ clock: new FakeClock(), random: () => 0, credential })
    expect(subscriptions.follow(about('d'), controller.signal, () => {}).isConnected()).toBe(false)
    await settled()
    expect(server.upgrades).toHaveLength(0)
  })
})

test('where nothing listens, nothing is thrown', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const clock = new FakeClock()
  const { stream, words } = follow(`http://127.0.0.1:${port}/graphql/v2`, clock, about('d'))
  for (let nth = 0; nth < 15; nth++) {
    await settled()
    clock.advance(9_000)
  }
  expect([stream.isConnected(), words()]).toEqual([false, 0])
})
