import { isDeepStrictEqual } from 'node:util'
import type { DesiredState } from '../config/desired.ts'
import { flagName } from '../config/guide-flags.ts'
import type { RolloutFlag } from '../config/rollout.ts'
import { OperatorError } from '../kit/errors.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Target } from '../platform/platform.ts'
import type { CheckNeeds } from '../verify/check-subject.ts'
import { type Evidence, type EvidenceItem, evidenceNote } from '../verify/evidence.ts'
import { runRevisions } from '../verify/run-revisions.ts'
import { type AskItem, answerItems, confirmedItem } from './answer-items.ts'
import { type ChecklistItem, checklistOf, refuseStrayConfirms, unanswered } from './checklist.ts'
import type { Report } from './events.ts'
import { answersSoFar, evidenceVariables, keepAnswers, keepEvidence } from './evidence-notes.ts'
import { operationOf } from './lease.ts'
import type { KnownIds } from './observe-environment.ts'
import type { Author } from './patch-message.ts'
import { type PlaceRequest, placeToChange } from './place-to-change.ts'
import { isAutomatic, proveItems } from './prove-items.ts'
import { refuseStale, type TryNeeds, tryFlag } from './try-flag.ts'
import { notBuilt, refuseOpen, refuseRed, unknownFlag, validatesNothing } from './validation-failures.ts'
import { writeEvidence } from './write-evidence.ts'

export interface ValidateRequest extends PlaceRequest {
  /** As it was typed: kebab, snake, or the name of its variable. */
  flag: string
  author: Author
  /** Who answers for the items. */
  by: string
  /** Ids of items that were seen to be so. */
  confirmed: readonly string[]
  /** Kept beside each of those. */
  note?: string
  /** Take the lease from whoever holds it. */
  takesLease: boolean
  isDryRun: boolean
}

export interface ValidateNeeds extends TryNeeds, CheckNeeds {
  platform: TryNeeds['platform']
  knownIds: KnownIds
  isRehearsal: boolean
  /** Absent where nobody is there to ask. */
  ask?: AskItem
}

/** What one run of `flags validate` came to: green, or only listed. */
export interface Validation {
  project: string
  environment: string
  /** The environment where the evidence counts. */
  validates: string
  flag: string
  variable: string
  value: string
  items: ValidatedItem[]
  /** Null after a dry run. */
  evidence: Evidence | null
  /** The shared variable of the environment that holds it. */
  keptIn: string
  /** RFC 3339; null after a dry run. */
  goodUntil: string | null
  elapsedMs: number
}

export interface ValidatedItem {
  id: string
  section: string
  title: string
  text: string
  isAutomatic: boolean
  /** `check`, or who said so, now or in an earlier run; absent where it is open. */
  by?: string
  note?: string
}

/** A flag that is validated, and where. */
interface Subject {
  flag: RolloutFlag
  desired: DesiredState
  validates: string
  target: Target
  environment: string
}

/**
 * Tries a flag's risky value where it is tried first, and goes through its checklist: what a check proves is asked of what runs, the
 * rest of a person. Evidence is written only when every item is green, about what runs at that moment; what people have answered by then
 * is kept for the next run.
 */
export async function validateFlag(request: ValidateRequest, needs: ValidateNeeds): Promise<Validation> {
  const startedAt = needs.clock.now()
  const place = await placeToChange(request, needs)
  const subject = subjectOf(request, place)
  const { flag, desired, environment } = subject
  const items = checklistOf(desired.rollout, flag)
  refuseStrayConfirms(request.confirmed, items, flag.name)
  const green = saidBefore(request, subject, items, place.state, needs)
  const open = items.filter((item) => !isAutomatic(item) && !green.some(({ id }) => id === item.id))
  const told = (evidence: Evidence | null): Validation => ({
    project: place.state.project.name,
    environment,
    validates: subject.validates,
    flag: flag.name,
    variable: flag.variable,
    value: flag.riskyValue,
    items: items.map((item) => validated(item, evidence?.items ?? green)),
    evidence,
    keptIn: evidenceVariables.evidence,
    goodUntil: evidence === null ? null : new Date(evidence.at + needs.timing.evidenceMs).toISOString(),
    elapsedMs: needs.clock.now() - startedAt,
  })
  if (request.isDryRun) return told(null)
  if (open.length > 0 && needs.ask === undefined) throw unanswered(open, { flag: flag.name, environment })
  const { state } = place
  const { author, takesLease } = request
  if ((await tryFlag({ flag, state, desired, author, takesLease }, needs)) === 'dry-run') return told(null)
  const evidence = await recorded(request, subject, needs, (report) =>
    goThrough(request, subject, { items, green, open }, { ...needs, report }),
  )
  return told(evidence)
}

/** Everything that happens from here on is in the journal, as one operation. */
async function recorded(
  { author }: ValidateRequest,
  { flag, desired, target, environment }: Subject,
  needs: ValidateNeeds,
  work: (report: Report) => Promise<Evidence>,
): Promise<Evidence> {
  const record = await needs.journal.begin(target.environmentId, {
    id: Buffer.from(needs.random(8)).toString('hex'),
    ...operationOf(author),
    project: desired.project.name,
    environment,
    flags: [`${flag.name}=${flag.riskyValue}`],
  })
  try {
    const evidence = await work(async (event) => {
      await record.note(event)
      await needs.report(event)
    })
    await record.end({ outcome: 'done' })
    return evidence
  } catch (error) {
    const why = needs.signal.aborted && needs.signal.reason instanceof OperatorError ? needs.signal.reason : error
    const isKnown = why instanceof OperatorError
    await record.end(
      isKnown ? { outcome: why.kind, code: why.code, message: why.message } : { outcome: 'bug', code: 'bug' },
    )
    throw error
  }
}

/** From the first item to the evidence. */
async function goThrough(
  request: ValidateRequest,
  subject: Subject,
  { items, green, open }: { items: ChecklistItem[]; green: EvidenceItem[]; open: ChecklistItem[] },
  needs: ValidateNeeds,
): Promise<Evidence> {
  const { flag, desired, target, environment } = subject
  const { report, platform, ask } = needs
  const proving = items.filter(isAutomatic)
  await report({
    type: 'validation-started',
    environment,
    flag: flag.name,
    items: items.length,
    automatic: proving.length,
    open: open.length,
  })
  await refuseStale(flag, await platform.observe(target), needs)
  const { state, judged } = await proveItems(proving, { target, desired }, needs)
  const readAt = needs.clock.now()
  const now = () => Math.round(platformTime(state, needs) + needs.clock.now() - readAt)
  const proven: EvidenceItem[] = []
  for (const item of items) {
    const result = judged.get(item.id)
    if (result === undefined) continue
    const { outcome, why } = result
    const because = why === undefined ? {} : { why }
    await report({ type: 'item-judged', environment, ...named(item), outcome, by: 'check', ...because })
    const note = why === undefined ? {} : { note: evidenceNote(why) }
    if (outcome === 'green') proven.push(confirmedItem(item, { by: 'check', at: now(), ...note }))
  }
  const revisions = runRevisions(state, flag.services)
  try {
    refuseRed(items, judged, { refused: [], skipped: [] }, subject)
    const left =
      ask === undefined || open.length === 0
        ? { refused: [], skipped: [] }
        : await answerItems(open, { by: request.by, now }, green, { ask, report, environment })
    refuseRed(items, judged, left, subject)
    refuseOpen(items, judged, left, subject)
    const evidence = await writeEvidence(
      {
        ...subject,
        revisions,
        items: inOrder(items, [...proven, ...green]),
        by: request.by,
        byProjectToken: request.wanted.byProjectToken,
      },
      needs,
    )
    await keepEvidence(target, evidence, needs)
    const isSigned = evidence.signature !== undefined
    const about = { flag: flag.name, value: flag.riskyValue, items: evidence.items.length, isSigned }
    await report({ type: 'evidence-kept', environment, ...about })
    return evidence
  } catch (error) {
    await keepQuietly(subject, revisions, green, needs)
    throw error
  }
}

function subjectOf(
  { flag: typed }: ValidateRequest,
  place: { state: ObservedState; desired: DesiredState | undefined },
): Subject {
  const { state, desired } = place
  const environment = state.environment.name
  const validates = desired?.environment.validates
  if (desired === undefined || validates === undefined) throw validatesNothing(environment)
  const { flags } = desired.rollout
  const flag = flags.find(({ name, variable }) => name === flagName(typed) || variable === typed)
  if (flag === undefined)
    throw unknownFlag(
      typed,
      flags.map(({ name }) => name),
    )
  const pending = flag.requires.services.filter((service) => service.pending !== undefined)
  if (pending.length > 0) throw notBuilt(flag, pending)
  const target = { projectId: state.project.id, environmentId: state.environment.id }
  return { flag, desired, validates, target, environment }
}

/** What people said in an earlier run of what runs now, and what this command confirms. */
function saidBefore(
  { confirmed, by, note }: ValidateRequest,
  { flag }: Subject,
  items: readonly ChecklistItem[],
  state: ObservedState,
  needs: ValidateNeeds,
): EvidenceItem[] {
  const at = Math.round(platformTime(state, needs))
  const kept = answersSoFar(state, flag.name, flag.riskyValue)
  const isOfThis = kept !== undefined && isDeepStrictEqual(kept.revisions, runRevisions(state, flag.services))
  const earlier = (isOfThis ? kept.items : []).filter(
    (one) =>
      one.at > at - needs.timing.evidenceMs &&
      !confirmed.includes(one.id) &&
      items.some((item) => item.id === one.id && !isAutomatic(item) && evidenceNote(item.text) === one.text),
  )
  const said = note === undefined ? {} : { note: evidenceNote(note) }
  const now = items.filter(({ id }) => confirmed.includes(id))
  return [...earlier, ...now.map((item) => confirmedItem(item, { by: evidenceNote(by), at, ...said }))]
}

/** That answers cannot be kept changes nothing about why the command ends. */
async function keepQuietly(
  { flag, target, environment }: Subject,
  revisions: Record<string, string>,
  items: EvidenceItem[],
  needs: ValidateNeeds,
): Promise<void> {
  if (items.length === 0) return
  try {
    await keepAnswers(target, { flag: flag.name, value: flag.riskyValue, revisions, items }, needs)
    await needs.report({ type: 'answers-kept', environment, flag: flag.name, items: items.length })
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
  }
}

function inOrder(items: readonly ChecklistItem[], green: readonly EvidenceItem[]): EvidenceItem[] {
  return items.flatMap(({ id }) => green.find((one) => one.id === id) ?? [])
}

function validated(item: ChecklistItem, green: readonly EvidenceItem[]): ValidatedItem {
  const found = green.find(({ id }) => id === item.id)
  return {
    ...named(item),
    title: item.title,
    isAutomatic: isAutomatic(item),
    ...(found === undefined ? {} : { by: found.by }),
    ...(found?.note === undefined ? {} : { note: found.note }),
  }
}

function named({ id, section, text }: ChecklistItem): Pick<ChecklistItem, 'id' | 'section' | 'text'> {
  return { id, section, text }
}

function platformTime({ platformTime: said }: ObservedState, { clock }: ValidateNeeds): number {
  return said ?? clock.now()
}
