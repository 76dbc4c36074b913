import { OperatorError } from '../kit/errors.ts'
import type { Reading } from './translate-environment.ts'

/** One page of a list. */
export interface Page<Node> {
  edges: { node: Node }[]
  pageInfo: { endCursor: string | null; hasNextPage: boolean }
}

/** Where each list of a reading goes on. */
export interface Cursors {
  servicesAfter: string | null
  instancesAfter: string | null
  volumesAfter: string | null
  triggersAfter: string | null
}

/**
 * Reads on until every list of a reading has ended. A finished list is asked again from its end, because all of them come in one
 * request; what it answers twice is taken once. Everything else is taken from the last page, the newest.
 */
export async function allPages(first: Reading, next: (cursors: Cursors) => Promise<Reading>): Promise<Reading> {
  let whole = first
  let page = first
  while (listsOf(page).some(({ pageInfo }) => pageInfo.hasNextPage)) {
    const asked = cursorsAfter(whole)
    page = await next(asked)
    whole = joined(whole, page)
    if (isEndless(page, asked, cursorsAfter(whole))) throw endless()
  }
  return whole
}

/** Reads on until one list has ended. */
export async function allOf<Node>(page: (after: string | null) => Promise<Page<Node>>): Promise<Node[]> {
  const nodes: Node[] = []
  for (let after: string | null = null; ; ) {
    const { edges, pageInfo } = await page(after)
    nodes.push(...edges.map(({ node }) => node))
    if (!pageInfo.hasNextPage) return nodes
    if (pageInfo.endCursor === null || pageInfo.endCursor === after) throw endless()
    after = pageInfo.endCursor
  }
}

function listsOf({ project, environment }: Reading): Page<unknown>[] {
  return [project.services, environment.serviceInstances, environment.volumeInstances, environment.deploymentTriggers]
}

function cursorsAfter({ project, environment }: Reading): Cursors {
  return {
    servicesAfter: project.services.pageInfo.endCursor,
    instancesAfter: environment.serviceInstances.pageInfo.endCursor,
    volumesAfter: environment.volumeInstances.pageInfo.endCursor,
    triggersAfter: environment.deploymentTriggers.pageInfo.endCursor,
  }
}

function joined(whole: Reading, page: Reading): Reading {
  const { project, environment } = page
  return {
    ...page,
    project: { ...project, services: joinedPages(whole.project.services, project.services) },
    environment: {
      ...environment,
      // Asked once, with the first page.
      ...(whole.environment.deployments === undefined ? {} : { deployments: whole.environment.deployments }),
      serviceInstances: joinedPages(whole.environment.serviceInstances, environment.serviceInstances),
      volumeInstances: joinedPages(whole.environment.volumeInstances, environment.volumeInstances),
      deploymentTriggers: joinedPages(whole.environment.deploymentTriggers, environment.deploymentTriggers),
    },
  }
}

/** An empty page has no end of its own: the list still goes on from where it was. */
function joinedPages<Node extends { id: string }>(whole: Page<Node>, page: Page<Node>): Page<Node> {
  const known = new Set(whole.edges.map(({ node }) => node.id))
  return {
    edges: [...whole.edges, ...page.edges.filter(({ node }) => !known.has(node.id))],
    pageInfo: { ...page.pageInfo, endCursor: page.pageInfo.endCursor ?? whole.pageInfo.endCursor },
  }
}

function isEndless(page: Reading, asked: Cursors, now: Cursors): boolean {
  const isStuck = JSON.stringify(asked) === JSON.stringify(now)
  return isStuck && listsOf(page).some(({ pageInfo }) => pageInfo.hasNextPage)
}

export function endless(): OperatorError {
  return new OperatorError({
    kind: 'unreachable',
    code: 'partial-answer',
    message:
      'The platform says that a list goes on, and gives no way to read on. A decision on half a list would be a guess.',
    hint: 'Run the command again.',
    retryable: true,
  })
}
