import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { startLocalPlatform } from '../../src/local/index.ts'
import { isLoopback } from '../../src/local/loopback-server.ts'
import { aPlatform, aProject, repository } from '../support/contract-caller.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { plainRequest } from '../support/graphql-request-to.ts'

test('it listens on loopback, at the address it says, until it is stopped', async () => {
  const { platform, post } = await aPlatform({ projectTokens: ['staging'], pid: 42 })
  const { endpoint, edge, tokens, controlToken, pid } = platform.address
  expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/graphql\/v2$/)
  expect(edge.host).toBe('127.0.0.1')
  expect(pid).toBe(42)
  for (const token of [tokens.account, tokens.workspace, tokens.project.staging, controlToken]) {
    expect(token).toMatch(/^rehearsal_/)
  }
  await platform.stop()
  await platform.stop()
  await expect(plainRequest(endpoint, { method: 'POST' })).rejects.toThrow('ECONNREFUSED')
  await expect(plainRequest(`http://127.0.0.1:${edge.port}/`)).rejects.toThrow('ECONNREFUSED')
  expect(post).toBeTypeOf('function')
})

test('a port that is taken is an error', async () => {
  const { platform } = await aPlatform()
  const port = Number(new URL(platform.address.endpoint).port)
  await expect(startLocalPlatform({ clock: new FakeClock(), port })).rejects.toThrow('EADDRINUSE')
})

test('only POST is answered, with a body of a sensible size, on the paths there are', async () => {
  const { platform, asAccount } = await aPlatform()
  const { endpoint } = platform.address
  expect((await plainRequest(endpoint)).status).toBe(405)
  expect((await plainRequest(`${endpoint}/x`, { method: 'POST' })).status).toBe(404)
  for (const body of ['', '{', '[]', '{"query": 1}', 'null']) {
    expect((await plainRequest(endpoint, { method: 'POST', headers: asAccount, body })).status, body).toBe(400)
  }
  const large = await plainRequest(endpoint, { method: 'POST', headers: asAccount, body: 'x'.repeat(11 * 1024 * 1024) })
  expect(large.status).toBe(413)
})

test('the same random numbers and the same calls make the same world', async () => {
  const world = async () => {
    let count = 0
    const random = (bytes: number) => Uint8Array.from({ length: bytes }, () => (count++ * 7) % 256)
    const caller = await aProject({ random })
    await caller.makeApp('api')
    return caller.config()
  }
  expect(await world()).toEqual(await world())
})

test('every document of the client is answered by the schema that is served', async () => {
  const caller = await aProject()
  const folder = new URL('../../src/platform/documents/', import.meta.url)
  const files = (await readdir(folder)).filter((file) => file.endsWith('.graphql'))
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')))
  const fragments = new Map(texts.map((text) => [/^\s*(?:#.*\n\s*)*fragment (\w+)/.exec(text)?.[1], text]))
  const operations = texts.filter((text) => /^(query|mutation) /m.test(text))
  expect(operations.length).toBeGreaterThan(10)
  for (const text of operations) {
    const needed = new Map<string, string>()
    const collect = (from: string) => {
      for (const [, name = ''] of from.matchAll(/\.\.\.(\w+)/g)) {
        const fragment = fragments.get(name) ?? ''
        if (needed.has(name)) continue
        needed.set(name, fragment)
        collect(fragment)
      }
    }
    collect(text)
    const { json } = await caller.post([text, ...needed.values()].join('\n'))
    const codes = json.errors?.map(({ extensions }) => extensions?.code) ?? []
    expect(codes, text).not.toContain('GRAPHQL_VALIDATION_FAILED')
    expect(codes, text).not.toContain('GRAPHQL_PARSE_FAILED')
  }
})

test('a foreign operator can disturb the world, and a status can be brought about', async () => {
  const caller = await aProject()
  const { world } = caller.platform
  const settings = { source: { repo: repository }, variables: { A: { value: '1' } } }
  const service = world.addService(caller.projectId, 'foreign', settings)
  const { id } = world.environmentNamed('production', 'shop')
  expect(world.serviceNamed('foreign').id).toBe(service.id)
  world.setVariable(id, service.id, 'B', '2', { skipDeploys: true })
  world.setVariable(id, service.id, 'A', null, { skipDeploys: true })
  world.setVariable(id, undefined, 'S', 's', { sealed: true, skipDeploys: true })
  expect(await caller.variables(service.id)).toEqual({ B: '2' })
  expect((await caller.config()).sharedVariables).toEqual({ S: { isSealed: true } })
  const deployment = await caller.deploy(service.id)
  world.forceStatus(deployment, 'NEEDS_APPROVAL')
  caller.clock.advance(600_000)
  expect(await caller.status(deployment)).toBe('NEEDS_APPROVAL')
  const stuck = await caller.deploy(service.id)
  world.forceStatus(stuck, 'QUEUED')
  caller.clock.advance(600_000)
  expect(await caller.status(stuck)).toBe('QUEUED')
  expect(() => world.projectNamed('none')).toThrow('no project named none')
  expect(() => world.environmentNamed('none')).toThrow('no environment named none')
})

test.each([
  ['127.0.0.1', true],
  ['127.8.0.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['1127.0.0.1', false],
  [undefined, false],
])('%s counts as loopback: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected)
})
