import type { RolloutFlag } from '../config/rollout.ts'
import { type CheckNeeds, type CheckSubject, probeTimeoutMs, urlOf } from './check-subject.ts'

/** What the outside sees of a flag; `unknown` where nothing shows it, or the answer is neither the one nor the other. */
export type FlagEffect = 'on' | 'off' | 'unknown'

/** Asks the service where its flag shows. Whatever it answers is an answer; nothing is thrown for it. */
export async function flagEffect(
  { effect }: Pick<RolloutFlag, 'effect'>,
  subject: CheckSubject,
  needs: CheckNeeds,
): Promise<FlagEffect> {
  if (effect === undefined) return 'unknown'
  const url = urlOf(subject, effect.service, effect.path)
  if (url === undefined) return 'unknown'
  const answer = await needs.probe.get(url, probeTimeoutMs(needs))
  if (answer.kind !== 'answered' || answer.isFallback) return 'unknown'
  if (answer.status === effect.on) return 'on'
  return answer.status === effect.off ? 'off' : 'unknown'
}
