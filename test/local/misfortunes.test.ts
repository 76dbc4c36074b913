import { expect, test } from 'vitest'
import type { Misfortune } from '../../src/local/index.ts'
import { aProject, type ContractCaller } from '../support/contract-caller.ts'
import { openedSocket, plainSocket } from '../support/plain-socket.ts'

const createProject = 'mutation MakeProject { projectCreate(input: { name: "second" }) { id } }'

function befall(caller: ContractCaller, misfortune: Misfortune): () => void {
  return caller.platform.onRequest(({ operationName }) => (operationName === 'MakeProject' ? misfortune : undefined))
}

test.each<[Misfortune, number]>([
  [{ kind: 'drop-before' }, 1],
  [{ kind: 'drop-after' }, 2],
])('%j loses the answer, and %i projects exist', async (misfortune, projects) => {
  const caller = await aProject()
  befall(caller, misfortune)
  await expect(caller.post(createProject)).rejects.toThrow(/socket hang up|ECONNRESET/)
  expect(caller.platform.world.projects.size).toBe(projects)
})

test('another answer is given in place of the true one, and nothing is done', async () => {
  const caller = await aProject()
  const headers = { 'Retry-After': '7', 'Content-Type': 'text/html' }
  befall(caller, { kind: 'answer', status: 429, headers, body: '"<html>"' })
  const answer = await caller.post(createProject)
  expect(answer.status).toBe(429)
  expect(answer.headers).toMatchObject({ 'retry-after': '7', 'content-type': 'text/html' })
  expect(answer.body).toBe('"<html>"')
  expect(caller.platform.world.projects.size).toBe(1)
})

test('a delay takes its time on the clock and then answers truly', async () => {
  const caller = await aProject()
  befall(caller, { kind: 'delay', ms: 60_000 })
  const start = caller.clock.now()
  const answer = await caller.post(createProject)
  expect(caller.clock.now() - start).toBe(60_000)
  expect(answer.json.errors).toBeUndefined()
  expect(caller.platform.world.projects.size).toBe(2)
})

test('a request that hangs ends when the platform stops', async () => {
  const caller = await aProject()
  let arrived = () => {}
  const seen = new Promise<void>((resolve) => {
    arrived = resolve
  })
  caller.platform.onRequest(() => {
    arrived()
    return { kind: 'hang' }
  })
  const lost = expect(caller.post(createProject)).rejects.toThrow()
  await seen
  await caller.platform.stop()
  await lost
  expect(caller.platform.world.projects.size).toBe(1)
})

test('the first hook that wants something decides, and one that was taken away is not asked', async () => {
  const caller = await aProject()
  const silent = caller.platform.onRequest(() => undefined)
  const gone = befall(caller, { kind: 'answer', status: 500, body: '{}' })
  befall(caller, { kind: 'answer', status: 503, body: '{}' })
  expect((await caller.post(createProject)).status).toBe(500)
  gone()
  silent()
  expect((await caller.post(createProject)).status).toBe(503)
})

test('every request is on record, the refused ones too', async () => {
  const caller = await aProject()
  const before = caller.platform.requests.length
  await caller.post('query Look($id: String!) { project(id: $id) { id } }', { id: 'x' })
  await caller.post(createProject)
  await caller.post('query Wrong { nothing }')
  const records = caller.platform.requests.slice(before)
  expect(records).toMatchObject([
    { operationName: 'Look', kind: 'query', variables: { id: 'x' }, headers: caller.asAccount },
    { operationName: 'MakeProject', kind: 'mutation' },
    { operationName: undefined, kind: 'query' },
  ])
})

test('sockets are gone when the platform stops, open ones and those that were never answered', async () => {
  const caller = await aProject()
  const open = await openedSocket(caller)
  caller.platform.onSocket(({ type }) => (type === 'upgrade' ? { kind: 'silence' } : undefined))
  const unanswered = expect(plainSocket(caller, { headers: caller.asAccount })).rejects.toThrow(
    /socket hang up|ECONNRESET/,
  )
  await open.settled()
  await caller.platform.stop()
  expect(await open.closed).toBe(1006)
  await unanswered
})

test('every upgrade and every message is on record, and a hook decides what becomes of it', async () => {
  const caller = await aProject()
  const socket = await openedSocket(caller)
  expect(caller.platform.socketMoments.map(({ socket: nth, message, type }) => `${nth}.${message} ${type}`)).toEqual([
    '1.0 upgrade',
    '1.1 connection_ack',
    '1.2 pong',
  ])
  const healed = caller.platform.onSocket(() => ({ kind: 'message', text: '{"type":"pong","payload":{"false":true}}' }))
  await socket.settled()
  expect(socket.messages.at(-1)).toEqual({ type: 'pong', payload: { false: true } })
  healed()
  caller.platform.onSocket(() => ({ kind: 'cut' }))
  await expect(socket.settled()).rejects.toThrow('closed with 1006')
  await expect(plainSocket(caller, { headers: caller.asAccount })).rejects.toThrow(/socket hang up|ECONNRESET/)
})

test('a message that comes late is overtaken, and one that comes twice comes again after its time', async () => {
  const caller = await aProject()
  const socket = await openedSocket(caller)
  const said = () => socket.messages.flatMap(({ type, id }) => (type === 'next' ? [id] : []))
  const ask = (id: string) =>
    socket.send({ type: 'subscribe', id, payload: { query: '{ platformStatus { isStable } }' } })
  caller.platform.onSocket(({ type, text }) => {
    if (type !== 'next') return undefined
    if (text.includes('"late"')) return { kind: 'late', ms: 1_500 }
    if (text.includes('"twice"')) return { kind: 'twice', ms: 0 }
    return text.includes('"again"') ? { kind: 'twice', ms: 500 } : undefined
  })
  for (const id of ['late', 'twice', 'again', 'plain']) ask(id)
  await socket.settled()
  expect(said()).toEqual(['twice', 'twice', 'again', 'plain'])
  caller.clock.advance(500)
  await socket.settled()
  caller.clock.advance(1_000)
  await socket.settled()
  expect(said()).toEqual(['twice', 'twice', 'again', 'plain', 'again', 'late'])
  expect(caller.platform.socketMoments.every(({ text }) => text === '')).toBe(true)
})
