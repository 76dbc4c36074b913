import type { PastPatchFragment } from '../contract/types.ts'
import { PastDeployments, PastPatches } from '../contract/types.ts'
import { isRecord } from '../kit/json.ts'
import { clipped } from '../kit/text.ts'
import { CombinedRequest } from './combined-request.ts'
import type { GraphqlClient } from './graphql-client.ts'
import { unlessDenied } from './is-denied.ts'
import type { Past, PastDeployment, PastPatch } from './observed-state.ts'
import { endless, type Page } from './paging.ts'
import type { AskedPast } from './platform.ts'
import { valuesIn } from './redact.ts'
import { toPastDeployment, toPatch } from './translate.ts'

/** One request, and one more for each further page; one more where patches turn out to be denied. */
export async function readPast(client: GraphqlClient, asked: AskedPast): Promise<Past> {
  const { environmentId } = asked
  const first = await firstPages(client, asked)
  const deployments = await pagesBack(first.deployments, asked, timeOfDeployment, async (after) => {
    const { result } = await client.read(PastDeployments, { environmentId, after })
    return result.environment.deployments
  })
  const patches =
    first.patches === undefined
      ? undefined
      : await pagesBack(first.patches, asked, timeOfPatch, async (after) => {
          const { result } = await client.read(PastPatches, { environmentId, after })
          return result.patches
        })
  for (const { patch } of patches?.nodes ?? []) client.learn(isRecord(patch) ? valuesIn(patch) : [])
  const horizons = [deployments.completeSince, patches?.completeSince].filter((time) => time !== undefined)
  return {
    deployments: deployments.nodes
      .map((node): PastDeployment => toPastDeployment(node, client.redact))
      .sort((a, b) => b.createdAt - a.createdAt),
    patches: patches?.nodes
      .map((node) => toPastPatch(node, client.redact))
      .filter(({ status }) => status !== 'staged')
      .sort((a, b) => (b.appliedAt ?? b.createdAt) - (a.appliedAt ?? a.createdAt)),
    completeSince: horizons.length === 0 ? undefined : Math.max(...horizons),
  }
}

async function firstPages(client: GraphqlClient, { environmentId, withPatches }: AskedPast) {
  const alone = async () => {
    const { result } = await client.read(PastDeployments, { environmentId })
    return { deployments: result.environment.deployments, patches: undefined }
  }
  if (!withPatches) return alone()
  const request = new CombinedRequest('PastOfEnvironment')
  const deploymentsIn = request.add(PastDeployments, { environmentId })
  const patchesIn = request.add(PastPatches, { environmentId })
  const both = await unlessDenied(client.readCombined(request))
  if (both === undefined) return alone()
  return { deployments: deploymentsIn(both.result).environment.deployments, patches: patchesIn(both.result).patches }
}

/** Reads on until it is far enough back; `completeSince` says from when on nothing is missing, where the list goes on. */
async function pagesBack<Node>(
  first: Page<Node>,
  { since, most }: Pick<AskedPast, 'since' | 'most'>,
  timeOf: (node: Node) => number,
  next: (after: string) => Promise<Page<Node>>,
): Promise<{ nodes: Node[]; completeSince?: number }> {
  let page = first
  const nodes = first.edges.map(({ node }) => node)
  while (page.pageInfo.hasNextPage) {
    const oldest = Math.min(...nodes.map(timeOf))
    if (since === undefined ? nodes.length >= most : oldest < since) return { nodes, completeSince: oldest }
    const { endCursor } = page.pageInfo
    if (endCursor === null) throw endless()
    page = await next(endCursor)
    if (page.pageInfo.hasNextPage && page.pageInfo.endCursor === endCursor) throw endless()
    nodes.push(...page.edges.map(({ node }) => node))
  }
  return { nodes }
}

function timeOfDeployment({ createdAt }: { createdAt: string }): number {
  return Date.parse(createdAt)
}

function timeOfPatch({ appliedAt, createdAt }: { appliedAt: string | null; createdAt: string }): number {
  return Date.parse(appliedAt ?? createdAt)
}

/** @param redact takes secrets out of what people wrote */
function toPastPatch(node: PastPatchFragment, redact: (text: string) => string): PastPatch {
  const patch = toPatch({
    ...node,
    message: node.message === null ? null : redact(node.message),
    lastAppliedError: node.lastAppliedError === null ? null : redact(node.lastAppliedError),
  })
  const by = node.appliedBy?.name ?? node.appliedBy?.username ?? undefined
  return { ...patch, ...(by === undefined ? {} : { appliedBy: clipped(redact(by), 80) }) }
}
