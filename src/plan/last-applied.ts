import type { ServiceId } from '../platform/ids.ts'
import type { ObservedPatch } from '../platform/observed-state.ts'
import { valueAt } from './config-path.ts'

/** Patches of ours say so in their first word; everybody else's do not. */
export const patchMessagePrefix = 'fakturino '

/** What we wrote last, setting by setting. Read from the platform's patch history; where that says nothing, nothing is claimed. */
export interface LastApplied {
  /** Our newest value at a path inside one service's config; `none` when none of our patches names it. */
  value(serviceId: ServiceId, path: readonly string[]): { written: unknown } | 'none'
}

/** @param patches newest first */
export function lastApplied(patches: readonly ObservedPatch[]): LastApplied {
  const ours = patches
    .filter((patch) => patch.status === 'committed' && isOurs(patch))
    .map((patch) => ({ config: patch.config.reveal(), isPinning: isPinning(patch) }))
  return {
    value(serviceId, path) {
      let pinned: { written: unknown } | undefined
      for (const { config, isPinning: isOnlyPinned } of ours) {
        const found = valueAt(config, ['services', serviceId, ...path])
        if (found === undefined) continue
        if (!isOnlyPinned) return found === null || pinned === undefined ? { written: found } : pinned
        pinned ??= { written: found }
      }
      return 'none'
    },
  }
}

/** Did this tool commit the patch? */
export function isOurs(patch: Pick<ObservedPatch, 'message'>): boolean {
  return patch.message?.startsWith(patchMessagePrefix) ?? false
}

/**
 * Did a rollback commit it, storing what already ran? What was never ours stays that way, and no container is behind it. One that
 * carried along what others had staged says so, and counts as any other.
 */
export function isPinning({ message = '' }: Pick<ObservedPatch, 'message'>): boolean {
  return message.startsWith(`${patchMessagePrefix}rollback by `) && !/\(allowed: [^)]*\)$/.test(message)
}
