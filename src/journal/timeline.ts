import { clipped, listed, printable } from '../kit/text.ts'
import { patchMessagePrefix } from '../plan/last-applied.ts'
import type { ReleaseNote } from '../plan/operation-notes.ts'
import { touchedPlaces } from '../plan/store-patch.ts'
import type { DeploymentId, PatchId } from '../platform/ids.ts'
import type { PastDeployment, PastPatch } from '../platform/observed-state.ts'
import type { PastOperation } from './history.ts'

/** One thing that was done in an environment. Instants are ISO 8601. */
export interface TimelineItem {
  kind: 'operation' | 'patch' | 'deployment'
  /** By this tool on this machine, by this tool elsewhere, or by others: the dashboard, a push, another tool. */
  origin: 'here' | 'elsewhere' | 'others'
  at: string
  /** Null: it did not end, or nobody says when. */
  ended: string | null
  /** Null where nobody says who. */
  by: string | null
  /** In a few words; `places` and `revision` say it whole. */
  what: string
  outcome: string
  /** Null where the times do not say how long it took. */
  durationMs: number | null
  services: string[]
  ids: { operation: string | null; patches: PatchId[]; deployments: DeploymentId[] }
  /** Commit or image; null where there is none, or several. */
  revision: string | null
  /** Settings that a patch touched, by service and name. */
  places: string[]
  reason: string | null
  /** What went wrong, or what somebody wrote beside a patch. */
  message: string | null
  /** Its commit is marked bad. */
  markedBad?: { by: string; at: string; reason: string | null }
}

/** What a timeline is made of. */
export interface TimelineParts {
  /** Of this machine's journal. */
  operations: readonly PastOperation[]
  /** What operations left on the platform, those of other machines too. */
  releases: readonly ReleaseNote[]
  patches: readonly PastPatch[]
  deployments: readonly PastDeployment[]
  serviceName: (id: string) => string | undefined
}

/** Clocks of two machines differ, and a patch is committed a little before or after its operation says so. */
const slackMs = 2 * 60 * 1000
/** How long before the first deployment of its release a patch may have been stored. */
const storedBeforeMs = 60 * 60 * 1000

/**
 * Everything in one line, the newest first. What an operation of ours stored or started is part of it, known by its id, or where that
 * was never written down by what a patch says and when it was committed, and by the commit of a deployment and when it was created;
 * everything else stands for itself.
 */
export function timeline(parts: TimelineParts): TimelineItem[] {
  const operations = operationItems(parts)
  const owned = new Set(operations.flatMap(({ ids }) => [...ids.patches, ...ids.deployments]))
  const left = parts.patches.flatMap((patch) => {
    if (owned.has(patch.id)) return []
    const owner = ownerOf(patch, operations, parts)
    if (owner === undefined) return [patch]
    owner.ids.patches.push(patch.id)
    return []
  })
  const others = parts.deployments.filter((deployment) => {
    if (owned.has(deployment.id)) return false
    const starter = starterOf(deployment, operations, parts)
    starter?.ids.deployments.push(deployment.id)
    return starter === undefined
  })
  const items = [
    ...operations,
    ...left.map((patch) => patchItem(patch, parts)),
    ...others.map((deployment) => deploymentItem(deployment, parts)),
  ]
  return items.sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? 1 : -1))
}

/**
 * Did it go on until this moment, or begin later? A deployment that is on its way still goes on; an operation that never said that it
 * was over went on until its last word.
 */
export function isSince(
  { kind, outcome, at, ended, ids }: TimelineItem,
  since: number,
  operations: readonly Pick<PastOperation, 'id' | 'lastAt'>[],
): boolean {
  if (kind === 'deployment' && !isOver(outcome)) return true
  const last = operations.find(({ id }) => id === ids.operation)?.lastAt
  return Date.parse(ended ?? last ?? at) >= since
}

function operationItems({ operations, releases, deployments }: TimelineParts): TimelineItem[] {
  const here = operations.map((operation): TimelineItem => {
    const release = releases.find(({ id }) => id === operation.id)
    return {
      kind: 'operation',
      origin: 'here',
      at: operation.began,
      ended: operation.ended,
      by: operation.by,
      what: [operation.command, operation.artisanCommand ?? [], operation.flags ?? []].flat().join(' '),
      outcome: operation.outcome,
      durationMs: operation.durationMs,
      services: union(operation.services, Object.keys(release?.deployments ?? {})),
      ids: {
        operation: operation.id,
        patches: [...operation.patches],
        deployments: union(operation.deployments, Object.values(release?.deployments ?? {})),
      },
      revision: operation.commit ?? release?.commit ?? null,
      places: [],
      reason: operation.reason ?? null,
      message: operation.message ?? null,
    }
  })
  const known = new Set(operations.map(({ id }) => id))
  const elsewhere = releases
    .filter(({ id, at }) => !known.has(id) && !Number.isNaN(new Date(at).getTime()))
    .map((release): TimelineItem => {
      const began = beganOf(release, deployments)
      return {
        kind: 'operation',
        origin: 'elsewhere',
        at: new Date(began).toISOString(),
        ended: new Date(release.at).toISOString(),
        by: release.by,
        what: 'release',
        outcome: { pass: 'done', fail: 'failed', inconclusive: 'unfinished', unknown: 'unknown' }[release.verdict],
        durationMs: began === release.at ? null : release.at - began,
        services: Object.keys(release.deployments),
        ids: { operation: release.id, patches: [], deployments: Object.values(release.deployments) },
        revision: release.commit ?? null,
        places: [],
        reason: release.reason ?? null,
        message: null,
      }
    })
  return [...here, ...elsewhere]
}

/** Its note says only when it was over. */
function beganOf({ at, deployments }: ReleaseNote, all: readonly PastDeployment[]): number {
  const own = new Set(Object.values(deployments))
  return Math.min(at, ...all.filter(({ id }) => own.has(id)).map(({ createdAt }) => createdAt))
}

/** The operation that committed a patch whose id nothing names: its command was ended before it could write that down, or was elsewhere. */
function ownerOf(
  patch: PastPatch,
  operations: readonly TimelineItem[],
  { releases }: TimelineParts,
): TimelineItem | undefined {
  const said = authorOf(patch)
  if (said === undefined) return undefined
  const time = timeOf(patch)
  const fitting = operations.filter(({ by, what, origin, at, ended, ids }) => {
    const began = Date.parse(at)
    if (by !== said.by) return false
    // `init` stores without any release.
    if (origin === 'elsewhere' && said.command === 'init') return false
    if (origin === 'here')
      return (
        what === said.command &&
        time >= began - slackMs &&
        time <= (ended === null ? began + storedBeforeMs : Date.parse(ended)) + slackMs
      )
    const over = releases.find(({ id }) => id === ids.operation)?.at ?? began
    return time >= began - storedBeforeMs && time <= over + slackMs
  })
  const distance = ({ at }: TimelineItem) => Math.abs(Date.parse(at) - time)
  return fitting.sort((a, b) => distance(a) - distance(b))[0]
}

/** The operation of this machine that was ended between starting a deployment and writing down which one it is. */
function starterOf(
  { commit, createdAt }: PastDeployment,
  items: readonly TimelineItem[],
  { operations }: TimelineParts,
): TimelineItem | undefined {
  if (commit === undefined) return undefined
  const killed = operations.find((operation) => {
    const last = Date.parse(operation.lastAt)
    return (
      operation.outcome === 'open' &&
      operation.command !== 'restart' &&
      operation.commit === commit &&
      createdAt >= last - slackMs &&
      createdAt <= last + slackMs
    )
  })
  return items.find(({ ids }) => killed !== undefined && ids.operation === killed.id)
}

function patchItem(patch: PastPatch, { serviceName }: TimelineParts): TimelineItem {
  const config = patch.config.reveal()
  const places = touchedPlaces(config, serviceName).map(printable)
  const said = authorOf(patch)
  const time = timeOf(patch)
  const shown = places.slice(0, 3)
  const more = places.length - shown.length
  return {
    kind: 'patch',
    origin: said === undefined ? 'others' : 'elsewhere',
    at: new Date(time).toISOString(),
    ended: patch.appliedAt === undefined ? null : new Date(patch.appliedAt).toISOString(),
    by: said?.by ?? patch.appliedBy ?? null,
    what: places.length === 0 ? 'change' : `change of ${listed([...shown, ...(more > 0 ? [`${more} more`] : [])])}`,
    outcome: patch.error === undefined ? patch.status : 'failed',
    durationMs: null,
    services: Object.keys(config.services ?? {}).map((id) => printable(serviceName(id) ?? id)),
    ids: { operation: null, patches: [patch.id], deployments: [] },
    revision: null,
    places,
    reason: null,
    message: patch.error ?? (patch.message === undefined ? null : clipped(patch.message, 300)),
  }
}

function deploymentItem(deployment: PastDeployment, { serviceName }: TimelineParts): TimelineItem {
  const { id, serviceId, createdAt, status, statusSince, commit, image, creator, patchId } = deployment
  const service = serviceId === undefined ? undefined : (serviceName(serviceId) ?? serviceId)
  // Of what was removed, or fell asleep, the time says when that was, and not how long the deployment took.
  const isTelling = status === 'live' || status === 'failed' || status === 'skipped'
  return {
    kind: 'deployment',
    origin: 'others',
    at: new Date(createdAt).toISOString(),
    ended: isOver(status) && statusSince !== undefined ? new Date(statusSince).toISOString() : null,
    by: creator ?? null,
    what: `deployment${service === undefined ? '' : ` of ${printable(service)}`}`,
    outcome: status,
    durationMs: isTelling && statusSince !== undefined ? Math.max(0, statusSince - createdAt) : null,
    services: service === undefined ? [] : [printable(service)],
    ids: { operation: null, patches: patchId === undefined ? [] : [patchId], deployments: [id] },
    revision: commit ?? image ?? null,
    places: [],
    reason: null,
    message: null,
  }
}

function isOver(status: string): boolean {
  return ['live', 'failed', 'crashed', 'skipped', 'removed', 'sleeping'].includes(status)
}

/** Who and what, in the words of `patchMessage`; undefined for patches of others. */
function authorOf({ message }: PastPatch): { command: string; by: string } | undefined {
  if (message?.startsWith(patchMessagePrefix) !== true) return undefined
  const words = /^(?<command>\S+) by (?<by>.+?)(?:: | \(allowed: |$)/.exec(message.slice(patchMessagePrefix.length))
  const { command, by } = words?.groups ?? {}
  return command === undefined || by === undefined ? undefined : { command, by }
}

function timeOf({ appliedAt, createdAt }: PastPatch): number {
  return appliedAt ?? createdAt
}

function union<Value>(one: readonly Value[], other: readonly Value[]): Value[] {
  return [...new Set([...one, ...other])]
}
