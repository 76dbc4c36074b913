import { expect, test } from 'vitest'
import { aProject, type ContractCaller } from '../support/contract-caller.ts'

const query =
  'query($id: String!, $first: Int, $after: String) { project(id: $id) { services(first: $first, after: $after) { edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }'

interface Page {
  edges: { cursor: string; node: { name: string } }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
}

function pageOf(caller: ContractCaller, first?: number | null, after?: string | null): Promise<Page> {
  return caller.read('project.services', query, { id: caller.projectId, first, after }) as Promise<Page>
}

async function withServices(count: number, options = {}): Promise<ContractCaller> {
  const caller = await aProject(options)
  for (let at = 0; at < count; at++) caller.platform.world.addService(caller.projectId, `s${at}`)
  return caller
}

const names = ({ edges }: Page) => edges.map(({ node }) => node.name)

test('B13 a page has 5 rows unless first says otherwise, and after goes on behind a cursor', async () => {
  const caller = await withServices(7)
  const page = await pageOf(caller)
  expect(names(page)).toEqual(['s0', 's1', 's2', 's3', 's4'])
  expect(page.pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: page.edges[0]?.cursor,
    endCursor: page.edges[4]?.cursor,
  })
  expect(names(await pageOf(caller, null))).toHaveLength(5)
  const rest = await pageOf(caller, null, page.pageInfo.endCursor)
  expect(names(rest)).toEqual(['s5', 's6'])
  expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  expect(names(await pageOf(caller, 500))).toHaveLength(7)
  const empty = await pageOf(caller, 0)
  expect(empty).toMatchObject({ edges: [], pageInfo: { hasNextPage: true, endCursor: null } })
  expect(names(await pageOf(caller, 5, rest.pageInfo.endCursor))).toEqual([])
  expect(await caller.refusal(query, { id: caller.projectId, after: 'bm8' })).toBe('Problem processing request')
  expect(await caller.refusal(query, { id: caller.projectId, first: -1 })).toBe('Problem processing request')
})

test('B14 a page can be shorter than asked for although more follows', async () => {
  const caller = await withServices(5, { pageCap: 2 })
  const seen: string[] = []
  let after: string | null = null
  for (let more = true; more; ) {
    const page: Page = await pageOf(caller, 500, after)
    expect(page.edges.length).toBeLessThanOrEqual(2)
    seen.push(...names(page))
    after = page.pageInfo.endCursor
    more = page.pageInfo.hasNextPage
  }
  expect(seen).toEqual(['s0', 's1', 's2', 's3', 's4'])
})
