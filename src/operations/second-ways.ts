import type { ObservedState } from '../platform/observed-state.ts'

/** What was done in the second way, because the token may not go the first. What is absent went the first way. */
export interface SecondWays {
  /** The config may not be read: it was put together from variables and instances. */
  reading?: 'parts'
  /** Neither what is staged nor what was committed may be read: why something differs is not known. */
  history?: 'denied'
  /** Patches may not be used: variables, settings and branches were written by themselves. */
  storing?: 'direct'
  /** What only a patch can store, in the words of the plan: it stays there. */
  notStored?: string[]
}

/** How an environment was stored. */
export interface Stored {
  way: 'patch' | 'direct' | 'nothing'
  /** What only a patch can store, where none may be used. */
  notStored: string[]
}

/** Undefined where everything went the first way. */
export function secondWays(
  state: Pick<ObservedState, 'denied'> | undefined,
  stored: Stored = { way: 'nothing', notStored: [] },
): SecondWays | undefined {
  const { denied = [] } = state ?? {}
  const ways: SecondWays = {
    ...(denied.includes('config') ? { reading: 'parts' } : {}),
    ...(denied.includes('patches') ? { history: 'denied' } : {}),
    ...(stored.way === 'direct' ? { storing: 'direct' } : {}),
    ...(stored.notStored.length > 0 ? { notStored: stored.notStored } : {}),
  }
  return Object.keys(ways).length === 0 ? undefined : ways
}
