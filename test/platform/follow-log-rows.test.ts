import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { createHttpClient } from '../../src/kit/http.ts'
import { Secret } from '../../src/kit/secret.ts'
import { createGraphqlClient } from '../../src/platform/graphql-client.ts'
import { createGraphqlPlatform } from '../../src/platform/graphql-platform.ts'
import { id } from '../../src/platform/ids.ts'
import type { LogRow, LogSource, LogWindow } from '../../src/platform/log-row.ts'
import { createSubscriptions } from '../../src/platform/subscriptions.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { settled, until } from '../support/until.ts'

const token = 'rehearsal_sentinel_token'
const environment: LogSource = { kind: 'environment', environmentId: id('e') }

/** A platform that greets each connection, and answers each subscription with the next of these, in turn. */
async function followed(answers: (string | 'cut')[], source = environment, windowOf: () => LogWindow = () => ({})) {
  const asked: Record<string, unknown>[] = []
  const http = createServer()
  const door = new WebSocketServer({ server: http })
  door.on('connection', (socket) => {
    socket.on('message', (text) => {
      const { type, payload } = JSON.parse(String(text))
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}')
      if (type !== 'subscribe') return
      asked.push(payload.variables)
      const answer = answers[asked.length - 1]
      if (answer === 'cut') socket.terminate()
      else if (answer !== undefined) socket.send(answer)
    })
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  const { port } = http.address() as AddressInfo
  const clock = new FakeClock()
  const client = createHttpClient({ clock, userAgent: 'fakturino/test' })
  const controller = new AbortController()
  onTestFinished(async () => {
    controller.abort()
    for (const socket of door.clients) socket.terminate()
    http.close()
    await client.close()
  })
  const endpoint = { url: `http://127.0.0.1:${port}/graphql/v2`, host: '127.0.0.1', isLoopback: true }
  const needs = {
    credential: { endpoint, kind: 'bearer', header: 'Authorization', token: new Secret(token) },
    clock,
    random: () => 0,
  } as const
  const platform = createGraphqlPlatform(createGraphqlClient({ ...needs, http: client }), createSubscriptions(needs))
  const heard: string[] = []
  const rows: LogRow[] = []
  const stream = platform.followLogRows(source, windowOf, controller.signal, {
    connected: () => heard.push('connected'),
    rows: (brought) => {
      heard.push(`${brought.length} rows`)
      rows.push(...brought)
    },
    lost: (why) => heard.push(`lost: ${why}`),
    ended: ({ because, why }) => heard.push(`${because}: ${why}`),
  })
  return { asked, clock, heard, rows, stream, controller }
}

const event = (payload: object) => JSON.stringify({ id: '1', type: 'next', payload })
const line = (message: string) => ({
  timestamp: '2026-11-03T09:00:00.5Z',
  message,
  severity: 'info',
  attributes: [],
  tags: { serviceId: 's', deploymentId: 'd', deploymentInstanceId: 'i', snapshotId: null },
})

describe('rows of a log that is followed', () => {
  it('come translated, and without the secrets that are known', async () => {
    const { rows } = await followed([event({ data: { lines: [line(`token ${token}`)] } })])
    await until(() => rows.length > 0)
    expect(rows).toMatchObject([{ time: '2026-11-03T09:00:00.500000000Z', serviceId: 's', instanceId: 'i' }])
    expect(rows[0]?.message).not.toContain(token)
  })

  it.each<[string, LogSource, LogWindow, Record<string, unknown>]>([
    [
      'an environment',
      environment,
      { filter: 'x', from: 'then', before: 9 },
      {
        environmentId: 'e',
        filter: 'x',
        anchorDate: null,
        beforeDate: 'then',
        beforeLimit: 9,
        afterDate: null,
        afterLimit: null,
      },
    ],
    [
      'the edge',
      { kind: 'http', deploymentId: id('d') },
      { before: 9 },
      {
        deploymentId: 'd',
        filter: '',
        anchorDate: null,
        beforeDate: null,
        beforeLimit: 9,
        afterDate: null,
        afterLimit: null,
      },
    ],
    [
      'a build',
      { kind: 'build', deploymentId: id('d') },
      { from: 'then', before: 9 },
      { deploymentId: 'd', filter: '', limit: 9 },
    ],
    [
      'a deployment',
      { kind: 'deploy', deploymentId: id('d') },
      { filter: 'x' },
      { deploymentId: 'd', filter: 'x', limit: null },
    ],
  ])('of %s are asked for with its window', async (_, source, window, variables) => {
    const { asked } = await followed([], source, () => window)
    await until(() => asked.length > 0)
    expect(asked).toEqual([variables])
  })

  it('are asked for anew at each connection', async () => {
    let nth = 0
    const { asked, clock, heard } = await followed(['cut', event({ data: { lines: [] } })], environment, () => ({
      before: ++nth,
    }))
    await until(() => heard.includes('lost: it was cut'))
    clock.advance(1_000)
    await until(() => heard.length === 4)
    expect(asked.map(({ beforeLimit }) => beforeLimit)).toEqual([1, 2])
    expect(heard).toEqual(['connected', 'lost: it was cut', 'connected', '0 rows'])
  })

  it.each([
    ['completes', '{"id":"1","type":"complete"}', 'over: the platform has no more to say'],
    [
      'is refused',
      `{"id":"1","type":"error","payload":[{"message":"Not Authorized for ${token}\\u001b[2J"}]}`,
      'refused: the platform says: Not Authorized for ',
    ],
  ])('end where the subscription %s, and nobody knocks again', async (_, answer, ending) => {
    const { clock, heard } = await followed([answer])
    await until(() => heard.length === 2)
    clock.advance(600_000)
    await settled()
    expect(heard).toEqual(['connected', expect.stringContaining(ending)])
    expect(heard.join()).not.toContain(token)
    expect(heard.join()).not.toContain('\u001b')
  })

  it.each([
    ['stopped', 'stop'],
    ['aborted', 'abort'],
  ])('that are %s end without a word', async (_, way) => {
    const { clock, heard, stream, controller } = await followed([])
    await until(() => heard.length === 1)
    if (way === 'stop') stream.stop()
    else controller.abort()
    clock.advance(600_000)
    await settled()
    expect(heard).toEqual(['connected'])
  })
})
