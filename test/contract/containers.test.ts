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
