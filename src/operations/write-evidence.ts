import { isDeepStrictEqual } from 'node:util'
import type { RolloutFlag } from '../config/rollout.ts'
import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { flagChange, flagPatch } from '../plan/flag-change.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import { type Evidence, type EvidenceItem, evidenceIn, evidenceNote, signed } from '../verify/evidence.ts'
import { runRevisions, runSettings } from '../verify/run-revisions.ts'
import { usedDatabase } from '../verify/used-database.ts'
import { type KeyNeeds, shareEvidenceKey } from './evidence-key.ts'
import { evidenceKey } from './evidence-notes.ts'

/** What was gone through, and where. */
export interface GoneThrough {
  flag: RolloutFlag
  target: Target
  environment: string
  /** The environment where the evidence is to count. */
  validates: string
  /** What ran while it was looked at. */
  revisions: Record<string, string>
  items: EvidenceItem[]
  by: string
  /** A project token sees this environment only. */
  byProjectToken: boolean
}

/** What was tried is what runs now: whoever deployed, or switched the flag, while somebody was asked has made it something else. */
export async function writeEvidence(subject: GoneThrough, needs: KeyNeeds & { clock: Clock }): Promise<Evidence> {
  const { flag, target, environment, revisions, items, by } = subject
  const state = await withKey(await needs.platform.observe(target), subject, needs)
  if (!isDeepStrictEqual(runRevisions(state, flag.services), revisions) || !isStored(flag, state)) {
    throw movedAway(flag, environment)
  }
  const key = evidenceKey(state)
  const evidence = evidenceIn({
    format: 1,
    flag: flag.name,
    value: flag.riskyValue,
    project: state.project.name,
    environment,
    revisions,
    settings: runSettings(state, flag.services),
    items,
    database: usedDatabase(state, flag.services, key),
    by: evidenceNote(by),
    at: Math.round(state.platformTime ?? needs.clock.now()),
  })
  if (evidence === undefined) throw new Error('the evidence that was written cannot be read')
  return signed(evidence, key)
}

/** The state with the key: one that the other environment has is copied, and where neither has one it is made. */
async function withKey(
  state: ObservedState,
  { validates, target, byProjectToken }: GoneThrough,
  needs: KeyNeeds,
): Promise<ObservedState> {
  const other = state.environments.find(({ name }) => name === validates)
  if (evidenceKey(state) !== undefined || other === undefined || byProjectToken) return state
  try {
    const there = await needs.platform.observeAll([{ ...target, environmentId: other.id }])
    await shareEvidenceKey([state, ...there], needs)
    return await needs.platform.observe(target)
  } catch (error) {
    // An environment that may not be seen has no say; the evidence is then unsigned, and says so.
    if (!(error instanceof OperatorError) || error.kind !== 'denied') throw error
    return state
  }
}

function isStored(flag: RolloutFlag, state: ObservedState): boolean {
  const { change, hidden } = flagChange({ ...flag, value: flag.riskyValue }, state)
  return hidden.length === 0 && flagPatch([change], state) === undefined
}

function movedAway(flag: RolloutFlag, environment: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'moved',
    message: `${environment} is no longer what was looked at: somebody deployed there, or changed ${flag.name}, meanwhile. No evidence was written.`,
    hint: `Find out who works there with \`fakturino history -e ${shellWord(environment)}\`, then run \`fakturino flags validate ${shellWord(flag.name)} -e ${shellWord(environment)}\` again.`,
    retryable: true,
  })
}
