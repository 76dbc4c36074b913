import { shellWord } from '../kit/shell-word.ts'

/** The command that ends a change of a flag: for a safety flag, whose risky value is off, that is to switch it on. */
export function endingOf({ name, value }: { name: string; value: string }, environment: string): string {
  return value === 'true'
    ? `fakturino flags off ${shellWord(name)} -e ${shellWord(environment)}`
    : `fakturino flags set ${shellWord(name)}=true -e ${shellWord(environment)}`
}
