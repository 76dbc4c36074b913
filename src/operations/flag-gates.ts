import type { DesiredState } from '../config/desired.ts'
import type { RolloutFlag } from '../config/rollout.ts'
import { type FailureCode, OperatorError } from '../kit/errors.ts'
import type { Finding } from '../kit/finding.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed } from '../kit/text.ts'
import { operationNotes } from '../plan/operation-notes.ts'
import { isOnItsWay } from '../plan/plan-deployments.ts'
import { rolloutIn } from '../plan/rollout-note.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Evidence } from '../verify/evidence.ts'
import { type EvidenceSituation, judgeEvidence } from '../verify/judge-evidence.ts'
import type { SoakJudgement } from '../verify/judge-soak.ts'
import { runRevisions, runSettings } from '../verify/run-revisions.ts'
import { usedDatabase } from '../verify/used-database.ts'
import { checklistOf } from './checklist.ts'
import { endingOf } from './ending-of-change.ts'
import { evidenceFor, evidenceKey } from './evidence-notes.ts'
import { missingRequirements } from './flag-requirements.ts'

/** A flag and the value that it is asked to have. */
export interface AskedFlag {
  flag: RolloutFlag
  value: string
}

/** What the gates of a change of flags look at. */
export interface GateSituation {
  asked: readonly AskedFlag[]
  state: ObservedState
  desired: DesiredState
  /** The environment that is tried first, by name; absent where this one is tried first itself. */
  validatedBy: string | undefined
  /** That environment as it is now, where the token reaches it. */
  there: ObservedState | undefined
  /** From a file, where one was given: it counts in the place of what that environment holds. */
  given: Evidence | undefined
  /** Of a look before the change; absent where none was taken. */
  baseline: SoakJudgement | undefined
  /** Milliseconds, by the platform's clock. */
  now: number
  maxAgeMs: number
}

/** Is the value one that has to be tried elsewhere first? */
export function isRisky({ flag, value }: AskedFlag): boolean {
  return value === flag.riskyValue
}

/** Every reason against a change of flags, at once. What is advisory is said, and refuses nothing. Pure. */
export function gateFindings(situation: GateSituation): Finding[] {
  const { asked, state, desired, baseline } = situation
  const risky = asked.filter(isRisky)
  return [
    ...underWay(state, asked),
    ...risky.flatMap((one) => evidenceFindings(one, situation)),
    ...risky.flatMap(({ flag }) => missingRequirements(flag, state, desired)),
    ...(risky.length === 0 || baseline === undefined ? [] : alreadyRed(baseline, state)),
  ]
}

/** The codes of evidence findings: those that `--override-evidence` lets pass. */
export function isAboutEvidence({ code }: Finding): boolean {
  return code.startsWith('evidence-') || code === 'shared-database'
}

/** The refusal that they come to; all of them are told. */
export function refusedByGates(findings: readonly Finding[], environment: string): OperatorError {
  const [first] = findings
  return new OperatorError({
    kind: 'refused',
    code: codeOf(first?.code),
    message: `${findings.map(({ message }) => message).join(' ')} Nothing was changed in ${environment}.`,
    hint: [...new Set(findings.flatMap(({ fix }) => fix ?? []))].map(asSentence).join(' '),
    findings: [...findings],
  })
}

const gateCodes: readonly FailureCode[] = [
  'evidence-missing',
  'evidence-of-other-revision',
  'evidence-expired',
  'evidence-unsigned',
  'evidence-altered',
  'evidence-not-green',
  'shared-database',
  'requirement-missing',
  'rollout-under-way',
  'already-red',
  'flag-hidden',
]

function codeOf(code: string | undefined): FailureCode {
  return gateCodes.find((known) => known === code) ?? 'guard'
}

/** Several fixes stand behind each other, so that each command is told apart. */
function asSentence(fix: string): string {
  const apart = fix.replace(/: (fakturino [^`]*)$/, ': `$1`')
  return /[.`]$/.test(apart) ? apart.replace(/`$/, '`.') : `${apart}.`
}

function underWay(state: ObservedState, asked: readonly AskedFlag[]): Finding[] {
  const environment = state.environment.name
  const begun = rolloutIn(state)
  // Away from the risky value is the way out of that very change.
  const isEnded =
    begun?.flags.every(({ name }) => asked.some((one) => one.flag.name === name && !isRisky(one))) ?? false
  const note = isEnded ? undefined : begun
  const { operation } = operationNotes(state)
  const moving = state.services.filter(({ latest }) => latest !== undefined && isOnItsWay(latest))
  const told = [
    ...(note === undefined
      ? []
      : [
          {
            what: `a change of ${listed(note.flags.map(({ name }) => name))} by ${note.by} is not over`,
            fix: note.flags
              .map(
                ({ name, value }) =>
                  `Go on with \`fakturino flags resume ${shellWord(name)} -e ${shellWord(environment)}\`, or end it with \`${endingOf({ name, value }, environment)}\``,
              )
              .at(0),
          },
        ]),
    ...(operation === undefined
      ? []
      : [
          {
            what: `${operation.command} by ${operation.by} was not finished`,
            fix: `To see how to go on, run: fakturino status -e ${shellWord(environment)}`,
          },
        ]),
    ...(moving.length === 0
      ? []
      : [
          {
            what: `${listed(moving.map(({ name }) => name))} ${moving.length === 1 ? 'is' : 'are'} being deployed`,
            fix: `Wait until that is over; look with: fakturino status -e ${shellWord(environment)}`,
          },
        ]),
  ]
  return told.map(({ what, fix }) => ({
    code: 'rollout-under-way',
    severity: 'critical',
    subject: environment,
    message: `Something else changes ${environment}: ${what}.`,
    ...(fix === undefined ? {} : { fix }),
  }))
}

function evidenceFindings(one: AskedFlag, situation: GateSituation): Finding[] {
  const { desired, state, validatedBy, there, given, now, maxAgeMs } = situation
  if (validatedBy === undefined) return []
  const { flag, value } = one
  const key = evidenceKey(state)
  const asked: EvidenceSituation = {
    flag: flag.name,
    value,
    project: state.project.name,
    environment: state.environment.name,
    environmentThatValidates: validatedBy,
    items: checklistOf(desired.rollout, flag).map(({ id }) => id),
    revisions: runRevisions(state, flag.services),
    settings: runSettings(state, flag.services),
    now,
    maxAgeMs,
    key,
    isProtected: desired.environment.protected,
    database: usedDatabase(state, flag.services, key),
  }
  return judgeEvidence(given ?? (there === undefined ? undefined : evidenceFor(there, flag.name, value)), asked)
}

function alreadyRed({ checks }: SoakJudgement, { environment }: ObservedState): Finding[] {
  return checks
    .filter(({ use, verdict }) => use === 'gating' && verdict === 'fail')
    .map(({ check, service, message }) => ({
      code: 'already-red',
      severity: 'critical' as const,
      subject: service,
      message: `${environment.name} is red before the change: ${check} of ${service}${message === undefined ? '' : `: ${message}`}`,
      fix: `Mend that first; look with: fakturino check -e ${shellWord(environment.name)}`,
    }))
}
