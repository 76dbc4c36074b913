import { expect, test } from 'vitest'
import { aPlatform, aProject } from '../support/contract-caller.ts'
import { graphqlRequestTo } from '../support/graphql-request-to.ts'

test('B1 a request that does not fit the schema is refused with 400 and not executed', async () => {
  const caller = await aProject()
  for (const query of [
    'query { projects { edges { node { colour } } } }',
    'mutation { projectCreate(input: { name: "two", colour: "red" }) { id } }',
    'mutation { workspaceDelete }',
    '{ projects {',
  ]) {
    const { status, json } = await caller.post(query)
    expect(status).toBe(400)
    expect(json.errors?.[0]?.message).toMatch(/colour|workspaceDelete|Syntax Error/)
    expect(json).not.toHaveProperty('data')
  }
  const { status } = await caller.post('query($id: String!) { project(id: $id) { id } }', {})
  expect(status).toBe(400)
  expect(caller.platform.world.projects.size).toBe(1)
})

test('B2 introspection names the types and fields of the contract', async () => {
  const caller = await aPlatform()
  const fields = await caller.read('__type.fields', '{ __type(name: "Environment") { fields { name } } }')
  expect(fields).toContainEqual({ name: 'configEtag' })
})

test('B3 operationName chooses the operation, and one that is not there is refused', async () => {
  const { platform, asAccount } = await aPlatform()
  const query = 'query One { platformStatus { isStable } } query Two { apiToken { workspaces { name } } }'
  const ask = (operationName: string | null) =>
    graphqlRequestTo(platform.address.endpoint, asAccount, { query, operationName })
  expect((await ask('Two')).json.data).toEqual({ apiToken: { workspaces: [{ name: 'Rehearsal' }] } })
  expect((await ask('Three')).status).toBe(400)
  expect((await ask(null)).status).toBe(400)
  const alone = { query: 'query Alone { platformStatus { isStable } }', operationName: null, variables: null }
  expect((await graphqlRequestTo(platform.address.endpoint, asAccount, alone)).status).toBe(200)
})

test('B4 a failing field is an error with a path and a code, and the rest of the data is there', async () => {
  const caller = await aPlatform()
  const snapshot =
    'query($id: String!) { fine: platformStatus { isStable } gone: deploymentSnapshot(deploymentId: $id) { id } }'
  const partial = await caller.post(snapshot, { id: 'none' })
  expect(partial.status).toBe(200)
  expect(partial.json).toMatchObject({
    data: { fine: { isStable: true }, gone: null },
    errors: [{ message: 'Deployment not found', path: ['gone'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  })
  const whole = await caller.post('query { platformStatus { isStable } project(id: "none") { id } }')
  expect(whole.status).toBe(200)
  expect(whole.json.data).toBeNull()
})

test('B5 an explicit null for an optional argument counts as absent', async () => {
  const caller = await aProject()
  const { projectId, environmentId } = caller
  const created = await caller.post('mutation($input: ServiceCreateInput!) { serviceCreate(input: $input) { id } }', {
    input: { projectId, environmentId, name: 'api', source: null, branch: null, variables: null },
  })
  expect(created.json.errors).toBeUndefined()
  const listed = await caller.rows(
    'projects',
    'query($w: String, $f: Int, $a: String) { projects(workspaceId: $w, first: $f, after: $a) { edges { node { id } } } }',
    { w: null, f: null, a: null },
  )
  expect(listed).toEqual([{ id: projectId }])
  const input = { projectId, environmentId, serviceId: null, variables: { A: '1' }, replace: null, skipDeploys: null }
  const written = await caller.post(
    'mutation($input: VariableCollectionUpsertInput!) { variableCollectionUpsert(input: $input) }',
    { input },
  )
  expect(written.json.data).toEqual({ variableCollectionUpsert: true })
})

test('B6 every answer carries the platform’s time and its rate limit', async () => {
  const caller = await aPlatform()
  const { headers } = await caller.post('{ platformStatus { isStable } }')
  expect(headers.date).toBe(new Date(caller.clock.now()).toUTCString())
  expect(headers['x-ratelimit-limit']).toBe('10000')
  expect(headers['x-ratelimit-remaining']).toBe('9999')
  expect(Number(headers['x-ratelimit-reset']) * 1000).toBeGreaterThan(caller.clock.now())
  caller.clock.advance(90_000)
  const refused = await caller.post('{ nothing }')
  expect(refused.headers.date).toBe(new Date(caller.clock.now()).toUTCString())
  expect(refused.headers['x-ratelimit-remaining']).toBe('9998')
})
