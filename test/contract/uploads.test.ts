import { expect, test } from 'vitest'
import { aProject, type ContractCaller, oneDeployment } from '../support/contract-caller.ts'
import { plainRequest } from '../support/graphql-request-to.ts'

const started = { deploy: { startCommand: 'php artisan serve' } }

async function up(
  { platform, projectId, environmentId }: ContractCaller,
  service: string,
  headers: Record<string, string>,
  files = [{ path: 'artisan', content: '' }],
): Promise<{ status: number; body: Record<string, unknown> }> {
  const path = `/project/${projectId}/environment/${environmentId}/up?serviceId=${service}`
  const { status, body } = await plainRequest(new URL(path, platform.address.endpoint).href, {
    method: 'POST',
    headers,
    body: JSON.stringify({ files }),
  })
  return { status, body: JSON.parse(body) }
}

/** The deployment that an upload became, once that is over. */
async function uploaded(caller: ContractCaller, service: string): Promise<string> {
  const { body } = await up(caller, service, caller.asAccount)
  caller.clock.advance(oneDeployment)
  return String(body.deploymentId)
}

test('B110 an upload becomes a deployment, for every token of the environment', async () => {
  const caller = await aProject({ projectTokens: ['production', 'staging'] })
  await caller.makeEnvironment('staging')
  const api = await caller.makeApp('api', started)
  for (const headers of [caller.asAccount, caller.asWorkspace, caller.asProject('production')]) {
    const { status, body } = await up(caller, api, headers)
    expect([status, Object.keys(body)]).toEqual([200, ['deploymentId', 'url', 'logsUrl', 'deploymentDomain']])
  }
  for (const headers of [caller.asProject('staging'), { authorization: 'Bearer x' }, {}]) {
    expect(await up(caller, api, headers)).toMatchObject({ status: 401 })
  }
})

test('B111 what cannot be deployed is 400, and too much 413', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', started)
  expect(await up(caller, 'nobody', caller.asAccount)).toEqual({ status: 400, body: { message: 'Service not found' } })
  expect(await up(caller, api, caller.asAccount, [])).toEqual({
    status: 400,
    body: { message: 'The archive is empty' },
  })
  const large = [{ path: 'dump.sql', content: 'x'.repeat(11 * 1024 * 1024) }]
  expect(await up(caller, api, caller.asAccount, large)).toMatchObject({ status: 413 })
})

test('B112 uploaded code is built and serves without a commit, and can be rolled back to', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', started)
  const first = await uploaded(caller, api)
  expect(await caller.status(first)).toBe('SUCCESS')
  const meta = 'query($d: String!) { deployment(id: $d) { meta canRollback } }'
  const { meta: told } = (await caller.read('deployment', meta, { d: first })) as { meta: Record<string, unknown> }
  expect(Object.keys(told)).not.toEqual(expect.arrayContaining(['commitHash']))
  expect(Object.keys(told)).not.toEqual(expect.arrayContaining(['image']))
  await uploaded(caller, api)
  expect(await caller.read('deployment', meta, { d: first })).toMatchObject({ canRollback: true })
  await caller.read('deploymentRollback', 'mutation($d: String!) { deploymentRollback(id: $d) }', { d: first })
  caller.clock.advance(oneDeployment)
  const { world } = caller.platform
  expect(world.deployments(caller.environmentId, api).at(-1)).toMatchObject({
    status: 'SUCCESS',
    builds: false,
    origin: { kind: 'upload' },
  })
})

test('B113 deploying anew brings a commit where there is a repository, and else the uploaded code', async () => {
  const caller = await aProject()
  const { world } = caller.platform
  const originOf = (service: string) => world.deployments(caller.environmentId, service).at(-1)?.origin.kind
  const api = await caller.makeApp('api', started)
  await uploaded(caller, api)
  await caller.deploy(api)
  expect(originOf(api)).toBe('commit')
  const bare = String(
    await caller.read(
      'serviceCreate.id',
      'mutation($p: String!, $e: String!) { serviceCreate(input: { projectId: $p, environmentId: $e, name: "bare" }) { id } }',
      { p: caller.projectId, e: caller.environmentId },
    ),
  )
  await uploaded(caller, bare)
  await caller.deploy(bare)
  expect(world.deployments(caller.environmentId, bare).map(({ origin }) => origin.kind)).toEqual(['upload', 'upload'])
})
