import type { DesiredState } from '../config/desired.ts'
import { isOwnCheck, type OwnCheck } from '../config/own-checks.ts'
import type { ValidationItem } from '../config/rollout.ts'
import type { WatchedCheck } from '../config/watched.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import type { CheckNeeds } from '../verify/check-subject.ts'
import type { CheckKind } from '../verify/checks/index.ts'
import { type JudgedItem, judgeItem } from '../verify/judge-item.ts'
import { checkEnvironment } from './check-environment.ts'
import type { VerifyNeeds } from './verify-release.ts'

/** An item that a check proves. */
export type AutomaticItem = ValidationItem & { check: string }

export function isAutomatic<Item extends ValidationItem>(item: Item): item is Item & AutomaticItem {
  return item.check !== undefined
}

const kindsOfOurs: Record<OwnCheck, CheckKind> = {
  runs: 'runs',
  alive: 'workers',
  'queues-consumed': 'queueConsumers',
  'scheduler-looks': 'scheduler',
  'one-revision': 'oneRevision',
  liveness: 'answers',
}

const kindsOfFormats: Record<WatchedCheck['format'], CheckKind> = {
  status: 'statuses',
  health: 'health',
  prometheus: 'metrics',
}

/**
 * Asks what proves the items, and nothing else, until each is decided: a scheduler that was started just now needs its minute. What is
 * undecided after that stays so.
 */
export async function proveItems(
  items: readonly AutomaticItem[],
  { target, desired }: { target: Target; desired: DesiredState },
  needs: VerifyNeeds & CheckNeeds,
): Promise<{ state: ObservedState; judged: Map<string, JudgedItem> }> {
  const { clock, platform, signal, timing } = needs
  const { watched } = desired
  const wanted = watched.checks.filter(({ name }) => items.some(({ check }) => check === name))
  const only = kindsOf(items, wanted)
  const about = { ...desired, watched: { ...watched, checks: wanted } }
  const until = clock.now() + timing.check.schedulerSilentMs
  for (;;) {
    const state = await platform.observe(target)
    const { check } = await checkEnvironment({ state, desired: about, only }, needs)
    const judged = new Map(items.map(({ id, check: name }) => [id, judgeItem(name, check.checks)]))
    const isOpen = [...judged.values()].some(({ outcome, isLasting }) => outcome === 'undecided' && isLasting !== true)
    if (!isOpen || clock.now() >= until) return { state, judged }
    await clock.sleep(waitMs(timing.check.intervalMs), signal)
  }
}

function kindsOf(items: readonly AutomaticItem[], wanted: readonly WatchedCheck[]): CheckKind[] {
  const ours = items.flatMap(({ check }) => {
    if (wanted.some(({ name }) => name === check)) return []
    return isOwnCheck(check) ? [kindsOfOurs[check]] : []
  })
  return [...new Set([...ours, ...wanted.map(({ format }) => kindsOfFormats[format])])]
}

/** Each look costs a few requests, and the platform is not there for us alone. */
function waitMs(intervalMs: number): number {
  return Math.max(intervalMs, 5_000)
}
