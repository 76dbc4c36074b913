import { Secret } from '../kit/secret.ts'
import { operationNotes } from '../plan/operation-notes.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform } from '../platform/platform.ts'
import { evidenceKey, evidenceVariables } from './evidence-notes.ts'

export interface KeyNeeds {
  platform: Platform
  /** Cryptographic randomness, as so many bytes. */
  random: (bytes: number) => Uint8Array
  checkpoint: () => void
}

/**
 * Every environment holds the key under which evidence is signed: one that is there is copied to where it is missing and never replaced;
 * where none is, one is made. Nothing is deployed.
 * @param states environments of one project, as they were read
 */
export async function shareEvidenceKey(
  states: readonly ObservedState[],
  { platform, random, checkpoint }: KeyNeeds,
): Promise<void> {
  const known = states.map(evidenceKey).find((key) => key !== undefined)
  const key = known ?? new Secret(Buffer.from(random(32)).toString('hex'))
  for (const state of states) {
    if (evidenceKey(state) !== undefined) continue
    checkpoint()
    await platform.change('write-shared-variables', {
      projectId: state.project.id,
      environmentId: state.environment.id,
      variables: { [evidenceVariables.key]: key.reveal() },
      over: [operationNotes(state).lease?.nonce ?? ''],
    })
  }
}
