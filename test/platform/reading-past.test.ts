import { expect, it } from 'vitest'
import { wallClock } from '../../src/kit/clock.ts'
import { createHttpClient } from '../../src/kit/http.ts'
import { chooseCredential } from '../../src/platform/credential.ts'
import { createGraphqlClient } from '../../src/platform/graphql-client.ts'
import { createGraphqlPlatform } from '../../src/platform/graphql-platform.ts'
import { id } from '../../src/platform/ids.ts'
import { aProject, repository } from '../support/contract-caller.ts'

const minute = 60_000
const secret = 'sentinel-rotated-83bd01'

/** Seven deployments, one every minute, and a patch; lists come two rows a page. */
async function aPast(options = {}) {
  const caller = await aProject({ pageCap: 2, ...options })
  const settings = { source: { repo: repository, branch: 'main' } }
  const api = caller.platform.world.addService(caller.projectId, 'api', settings).id
  const start = caller.clock.now()
  for (let nth = 0; nth < 7; nth++) {
    await caller.deploy(api)
    caller.clock.advance(minute)
  }
  const { world, address } = caller.platform
  world.inTheNameOf('Petra', () =>
    world.commit(
      caller.environmentId,
      { sharedVariables: { K: { value: secret } } },
      { message: `K is ${secret}`, skipDeploys: true },
    ),
  )
  const client = createGraphqlClient({
    credential: chooseCredential({}, address),
    http: createHttpClient({ clock: wallClock, userAgent: 'test' }),
    clock: wallClock,
    random: () => 0.5,
    signal: new AbortController().signal,
  })
  const platform = createGraphqlPlatform(client)
  const environmentId = id<'environment'>(caller.environmentId)
  const count = () => caller.platform.requests.length
  return { platform, environmentId, start, count, api }
}

it('reads everything back to a moment, page by page, and says when nothing is missing', async () => {
  const { platform, environmentId, count, api } = await aPast()
  const before = count()
  const past = await platform.readPast({ environmentId, since: 0, most: 2, withPatches: true })
  expect(past.deployments).toHaveLength(7)
  expect(past.deployments.map(({ createdAt }) => createdAt)).toEqual(
    past.deployments.map(({ createdAt }) => createdAt).sort((a, b) => b - a),
  )
  expect(past.deployments[0]).toMatchObject({ serviceId: api, creator: 'Rehearsal operator', status: 'live' })
  expect(past.completeSince).toBeUndefined()
  // One for both lists, three more pages of deployments.
  expect(count() - before).toBe(4)
})

it('takes secrets that a patch brought out of what was written beside it', async () => {
  const { platform, environmentId } = await aPast()
  const { patches } = await platform.readPast({ environmentId, since: 0, most: 2, withPatches: true })
  expect(patches?.map(({ message, appliedBy }) => [message, appliedBy])).toEqual([['K is [secret]', 'Petra']])
})

it('stops behind the moment that was asked for, and says from when on nothing is missing', async () => {
  const { platform, environmentId, start } = await aPast()
  const since = start + 3.5 * minute
  const past = await platform.readPast({ environmentId, since, most: 2, withPatches: true })
  expect(past.deployments.filter(({ createdAt }) => createdAt >= since)).toHaveLength(3)
  expect(past.deployments.length).toBeLessThan(7)
  expect(past.completeSince).toBeLessThan(since)
})

it('stops at so many rows where no moment is given', async () => {
  const { platform, environmentId } = await aPast()
  const { deployments, completeSince } = await platform.readPast({ environmentId, most: 4, withPatches: false })
  expect(deployments).toHaveLength(4)
  expect(completeSince).toBe(deployments.at(-1)?.createdAt)
})

it('goes on without patches where they are denied', async () => {
  const { platform, environmentId, count } = await aPast({ denied: ['patches'] })
  const before = count()
  const past = await platform.readPast({ environmentId, most: 2, withPatches: true })
  expect(past.patches).toBeUndefined()
  expect(past.deployments).toHaveLength(2)
  expect(count() - before).toBe(2)
})
