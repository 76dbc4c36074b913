import { expect, test } from 'vitest'
import { aProject, type ContractCaller, oneDeployment } from '../support/contract-caller.ts'
import { plainRequest } from '../support/graphql-request-to.ts'

const migrating = { deploy: { startCommand: 'php artisan serve', preDeployCommand: ['php artisan migrate --force'] } }

async function inContainer(
  { platform, projectId, environmentId }: ContractCaller,
  service: string,
  command: string[],
  headers: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const { status, body } = await plainRequest(new URL('/ssh', platform.address.endpoint).href, {
    method: 'POST',
    headers,
    body: JSON.stringify({ project: projectId, environment: environmentId, service, command }),
  })
  return { status, body: JSON.parse(body) }
}

test('B103 a command runs in a container that runs, opened by an account or workspace token', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', migrating)
  const about = ['php', 'artisan', 'about']
  const before = await inContainer(caller, api, about, caller.asAccount)
  expect(before).toEqual({ status: 404, body: { message: 'no container of this service runs' } })
  await caller.deployed(api)
  for (const headers of [caller.asAccount, caller.asWorkspace]) {
    expect(await inContainer(caller, api, about, headers)).toMatchObject({ status: 200, body: { exitCode: 0 } })
  }
  expect(await inContainer(caller, api, ['ls', '/'], caller.asAccount)).toMatchObject({ body: { exitCode: 127 } })
  for (const headers of [caller.asProject('production'), {}]) {
    expect(await inContainer(caller, api, about, headers)).toMatchObject({ status: 401 })
  }
  const origin = { ...caller.asAccount, origin: 'http://127.0.0.1' }
  expect(await inContainer(caller, api, about, origin)).toMatchObject({ status: 403 })
})

test('B104 migrations of pre-deploy commands and of containers are the same ones', async () => {
  const caller = await aProject()
  const api = await caller.makeApp('api', migrating)
  await caller.deployed(api)
  const artisan = async (...words: string[]) => {
    const { body } = await inContainer(caller, api, ['php', 'artisan', ...words], caller.asAccount)
    return String(body.stdout)
  }
  expect(await artisan('migrate:status')).toMatch(/create_invoices_table \.+ \[1\] Ran\n|\[1\] Ran {2}\n/)
  expect(await artisan('migrate', '--force')).toContain('Nothing to migrate.')
  expect(await artisan('migrate:rollback', '--step=1', '--force')).toMatch(/add_due_date_to_invoices \.+ .*DONE/)
  expect(await artisan('migrate:status')).toMatch(/add_due_date_to_invoices \.+ Pending/)
  await caller.deploy(api)
  caller.clock.advance(oneDeployment)
  expect(await artisan('migrate:status')).toMatch(/add_due_date_to_invoices \.+ \[2\] Ran/)
})

test('B108 a pre-deploy command is read as a shell reads it, and its exit code decides', async () => {
  const caller = await aProject()
  const ends = async (line: string, migrations: { name: string; fails?: string }[] = []) => {
    const api = await caller.makeApp(`api-${caller.platform.requests.length}`, {
      deploy: { startCommand: 'php artisan serve', preDeployCommand: [line] },
    })
    const { sha } = caller.platform.world.addCommit('fakturino/app', 'main', { migrations })
    const deployment = await caller.deployed(api, sha)
    const query = 'query($d: String!) { deploymentLogs(deploymentId: $d, limit: 100) { message severity } }'
    const rows = (await caller.read('deploymentLogs', query, { d: deployment })) as Record<string, string>[]
    return { status: await caller.status(deployment), rows, messages: rows.map(({ message }) => message).join('\n') }
  }
  const listed = "/bin/sh -c 'php artisan migrate:status --pending; exec php artisan migrate --force'"
  const first = await ends(listed)
  expect([first.status, first.messages]).toEqual(['SUCCESS', expect.stringMatching(/table not found.* DONE/s)])
  expect(first.rows.some(({ severity }) => severity === 'error')).toBe(false)
  expect((await ends('php artisan migrate:status --pending=2 && php artisan migrate --force', [])).status).toBe(
    'SUCCESS',
  )
  const one = { name: '2026_11_04_000001_one', fails: 'SQLSTATE[42P01]: Undefined table: 7 ERROR:  no such table' }
  const failing = await ends(listed, [one, { name: '2026_11_04_000002_two' }])
  expect([failing.status, failing.messages]).toEqual([
    'FAILED',
    expect.stringMatching(/_one \.+ Pending\n.*_two \.+ Pending\n.*_one \.+ .* FAIL\nIn Connection/s),
  ])
  expect(failing.rows.find(({ message }) => message?.includes('SQLSTATE'))?.severity).toBe('error')
  expect((await ends('php artisan migrate:status --pending=2 && php artisan migrate --force')).status).toBe('FAILED')
  expect((await ends('php artisan migrate')).status).toBe('FAILED')
  expect((await ends('npm run warm; php artisan about')).status).toBe('SUCCESS')
})

test('B109 a command on this machine has the variables of a service, and reaches the database where that is public', async () => {
  const caller = await aProject({ projectTokens: ['production', 'staging'] })
  await caller.makeEnvironment('staging')
  const api = await caller.makeApp('api')
  const { platform, projectId, environmentId } = caller
  const here = async (DATABASE_URL: string, headers: Record<string, string>, more: object = {}) => {
    const command = ['php', 'artisan', 'migrate:status']
    const asked = { project: projectId, environment: environmentId, service: api, command, variables: { DATABASE_URL } }
    const { status, body } = await plainRequest(new URL('/run', platform.address.endpoint).href, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...asked, ...more }),
    })
    return { status, body: JSON.parse(body) }
  }
  const open = 'postgresql://u:p@roundhouse.proxy.rlwy.net:1/db'
  for (const headers of [caller.asAccount, caller.asWorkspace, caller.asProject('production')]) {
    const { status, body } = await here(open, headers)
    expect([status, body.exitCode, body.stdout]).toEqual([
      200,
      1,
      expect.stringContaining('Migration table not found.'),
    ])
  }
  const { body } = await here('postgresql://u:p@postgres.railway.internal:5432/db', caller.asAccount)
  expect([body.exitCode, body.stdout]).toEqual([1, expect.stringContaining('SQLSTATE[08006] [7] could not translate')])
  for (const headers of [caller.asProject('staging'), {}]) expect((await here(open, headers)).status).toBe(401)
  expect((await here(open, { ...caller.asAccount, origin: 'http://127.0.0.1' })).status).toBe(403)
  expect((await here(open, caller.asAccount, { service: 'none' })).status).toBe(404)
  expect((await here(open, caller.asAccount, { variables: { A: 1 } })).status).toBe(400)
})
