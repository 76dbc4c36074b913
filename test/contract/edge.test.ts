import { expect, test } from 'vitest'
import { aProject } from '../support/contract-caller.ts'

test('B71 the edge routes by host name to the live deployment', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const domain = await caller.makeDomain(api, 8080)
  await caller.deployed(api)
  for (const host of [domain, domain.toUpperCase(), `${domain}:443`]) {
    expect((await caller.edge(host, '/anything?x=1')).status, host).toBe(200)
  }
  const unknown = await caller.edge('unknown.up.railway.app')
  expect(unknown.status).toBe(404)
  expect(unknown.headers['x-railway-fallback']).toBe('true')
  const answer = await caller.edge(domain)
  expect(answer.headers).not.toHaveProperty('x-railway-fallback')
  expect(answer.headers.date).toBe(new Date(caller.clock.now()).toUTCString())
})

test('B72 the edge answers 502 itself where nothing is live or listens on the port', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api')
  const domain = await caller.makeDomain(api, 3000)
  const answers = async (status: number) => {
    const answer = await caller.edge(domain)
    expect(answer.status).toBe(status)
    expect(answer.headers['x-railway-fallback']).toBe(status === 502 ? 'true' : undefined)
  }
  await answers(502)
  await caller.deployed(api)
  await answers(502)
  await caller.store({ services: { [api]: { variables: { PORT: { value: '3000' } } } } })
  await answers(502)
  await caller.deployed(api)
  await answers(200)
  await caller.store({ services: { [api]: { networking: { serviceDomains: { [domain]: { port: 8080 } } } } } })
  await answers(502)
})
