import { flagName } from '../config/guide-flags.ts'
import { nearestWords } from '../config/nearest.ts'
import type { RolloutFlag } from '../config/rollout.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Finding } from '../kit/finding.ts'
import { shellWord } from '../kit/shell-word.ts'
import { count, listed, printable } from '../kit/text.ts'
import type { JudgedItem } from '../verify/judge-item.ts'
import type { Unanswered } from './answer-items.ts'
import type { ChecklistItem } from './checklist.ts'

/** What a failure says of where it happened. */
interface About {
  flag: RolloutFlag
  environment: string
  validates: string
}

/** Fails where a check failed, or somebody said no. */
export function refuseRed(
  items: readonly ChecklistItem[],
  judged: ReadonlyMap<string, JudgedItem>,
  { refused }: Unanswered,
  { flag, environment, validates }: About,
): void {
  const findings = [
    ...items.flatMap((item) => {
      const result = judged.get(item.id)
      return result?.outcome === 'red' ? [itemFinding(item, result.why ?? 'its check failed', 'critical')] : []
    }),
    ...refused.map(({ item, note }) => itemFinding(item, note ?? 'somebody looked, and it is not so', 'critical')),
  ]
  if (findings.length === 0) return
  throw new OperatorError({
    kind: 'failed',
    code: 'validation-failed',
    message: `${flag.name} is not validated in ${environment}: ${count(findings.length, 'item')} of ${items.length} ${findings.length === 1 ? 'is' : 'are'} red (${listed(findings.map(({ subject }) => subject))}). No evidence was written, so ${validates} refuses it.`,
    hint: again(flag, environment, 'What was answered with yes is kept. Once it is mended'),
    findings,
  })
}

/** Ends unfinished where something is neither green nor red. */
export function refuseOpen(
  items: readonly ChecklistItem[],
  judged: ReadonlyMap<string, JudgedItem>,
  { skipped }: Unanswered,
  { flag, environment, validates }: About,
): void {
  const findings = [
    ...items.flatMap((item) => {
      const result = judged.get(item.id)
      return result?.outcome === 'undecided'
        ? [itemFinding(item, result.why ?? 'it could not be asked', 'advisory')]
        : []
    }),
    ...skipped.map((item) => itemFinding(item, 'it was left open', 'advisory')),
  ]
  if (findings.length === 0) return
  throw new OperatorError({
    kind: 'unfinished',
    code: 'validation-unfinished',
    message: `${flag.name} is not validated in ${environment} yet: ${count(findings.length, 'item')} of ${items.length} ${findings.length === 1 ? 'is' : 'are'} open (${listed(findings.map(({ subject }) => subject))}). No evidence was written, so ${validates} refuses it.`,
    hint: again(flag, environment, 'What was answered with yes is kept. To go on'),
    retryable: true,
    findings,
  })
}

function itemFinding({ id, text }: ChecklistItem, why: string, severity: Finding['severity']): Finding {
  return { code: 'validation-item', severity, subject: id, message: `${text}: ${why}` }
}

function again({ name }: RolloutFlag, environment: string, lead: string): string {
  return `${lead}, run: fakturino flags validate ${shellWord(name)} -e ${shellWord(environment)}`
}

export function validatesNothing(environment: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `${environment} validates no other environment, by the config, so nothing that is tried there counts anywhere. Nothing was changed.`,
    hint: `Name the environment that is tried first with -e; in the config that is the one with validates: 'production'.`,
  })
}

export function unknownFlag(typed: string, known: readonly string[]): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'unknown-flag',
    message: `The config has no flag ${printable(typed)}${nearestWords(flagName(typed), known)}. Nothing was changed.`,
    hint: 'To see them all, run: fakturino flags',
  })
}

export function notBuilt({ name }: RolloutFlag, pending: readonly { name: string; pending?: string }[]): OperatorError {
  const services = listed(pending.map((service) => service.name))
  const why = pending.map((service) => service.pending ?? '').join('; ')
  return new OperatorError({
    kind: 'refused',
    code: 'requirement-missing',
    message: `${name} needs ${services}, which ${pending.length === 1 ? 'is' : 'are'} pending in the config (${why}), so there is nothing to validate yet. Nothing was changed.`,
    hint: `Once it is built, remove status: 'pending' from ${services} in the config and run: fakturino deploy ${pending.map((service) => shellWord(service.name)).join(' ')}`,
  })
}
