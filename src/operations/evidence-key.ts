import { Secret } from '../kit/secret.ts'
import { notesIn } from '../plan/operation-notes.ts'
import type { Platform, Target } from '../platform/platform.ts'
import { evidenceVariables } from './evidence-notes.ts'

export interface KeyNeeds {
  platform: Platform
  /** Cryptographic randomness, as so many bytes. */
  random: (bytes: number) => Uint8Array
  checkpoint: () => void
}

/**
 * Every environment holds the key under which evidence is signed: one that is there is copied to where it is missing and never replaced;
 * where none is, one is made. Gives back the key of the first; undefined where environments were given none.
 */
export async function shareEvidenceKey(targets: readonly Target[], needs: KeyNeeds): Promise<Secret | undefined> {
  const { platform, random, checkpoint } = needs
  const held = []
  for (const target of targets) {
    const { variables } = await platform.readSharedVariables(target)
    const text = variables[evidenceVariables.key]?.reveal()
    const lease = notesIn((name) => variables[name]?.reveal()).lease?.nonce ?? ''
    held.push({ target, key: text === undefined || text === '' ? undefined : text, lease })
  }
  const known = held.find(({ key }) => key !== undefined)?.key
  const key = known ?? Buffer.from(random(32)).toString('hex')
  for (const one of held) {
    if (one.key !== undefined) continue
    checkpoint()
    await platform.change('write-shared-variables', {
      ...one.target,
      variables: { [evidenceVariables.key]: key },
      over: [one.lease],
    })
  }
  const [first] = held
  return first === undefined ? undefined : new Secret(first.key ?? key)
}
