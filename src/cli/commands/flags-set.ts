import { resolve } from 'node:path'
import { durationMs, isDuration } from '../../config/quantities.ts'
import { OperatorError } from '../../kit/errors.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { printable } from '../../kit/text.ts'
import { type RolledOut, type RollOutRequest, rollOutFlags } from '../../operations/roll-out-flags.ts'
import type { Undo } from '../../output/answers.ts'
import { type Evidence, parsedEvidence } from '../../verify/evidence.ts'
import { type CommandInput, isGiven, textOption } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { flagValues } from '../named-flags.ts'
import { desiredBy, wantedEnvironment } from '../target.ts'
import { author, deployNeeds, takesLease } from './deploy.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  await rollOut(flagValues(input), context, input)
  return exitCodes.done.code
}

/** Gives flags their values, and tells how it went. */
export async function rollOut(values: RollOutRequest['values'], context: Context, input: CommandInput): Promise<void> {
  const { config } = await context.config()
  const { options } = context
  const overridesEvidence = isGiven(input, 'overrideEvidence')
  if (overridesEvidence && options.reason === undefined) throw noReason()
  const evidence = await givenEvidence(context, textOption(input, 'evidence'))
  const soak = soakMs(input)
  const validators = Object.entries(config.environments)
  const rolledOut = await rollOutFlags(
    {
      values,
      wanted: await wantedEnvironment(context, 'changing', config),
      desiredFor: desiredBy(config),
      isSpelledOut: options.environment !== undefined,
      validatedBy: (environment) => validators.find(([, { validates }]) => validates === environment)?.[0],
      ...(evidence === undefined ? {} : { evidence }),
      overridesEvidence,
      ...(soak === undefined ? {} : { soakMs: soak }),
      author: author('flags', context),
      takesLease: takesLease(context),
    },
    await deployNeeds(context),
  )
  tellRolledOut(rolledOut, context)
}

export function tellRolledOut(rolledOut: RolledOut, context: Context): void {
  context.output.answer({ type: 'flags-set', rolledOut, undo: undoOf(rolledOut, context) })
}

/** How long a change is watched, as it was asked for; 0 for not at all. */
export function soakMs(input: CommandInput): number | undefined {
  const { soak } = input.options
  if (soak === false) return 0
  if (typeof soak !== 'string') return undefined
  if (isDuration(soak) && durationMs(soak) > 0) return durationMs(soak)
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--soak takes a duration, and ${JSON.stringify(soak)} is none. Nothing was changed.`,
    hint: 'Write it as in --soak 30m; to watch nothing, which is recorded, write --no-soak.',
  })
}

async function givenEvidence(context: Context, path: string | undefined): Promise<Evidence | undefined> {
  if (path === undefined) return undefined
  const text = await context.files.readText(resolve(context.machine.cwd(), path))
  const evidence = text === undefined ? undefined : parsedEvidence(text)
  if (evidence !== undefined) return evidence
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `${printable(path)} ${text === undefined ? 'is not there' : 'holds no evidence'}, so nothing says that the flag was tried. Nothing was changed.`,
    hint: 'Write the file with: fakturino flags validate FLAG -e staging --out FILE',
  })
}

/** The values of before, where every service had the same one. */
function undoOf({ flags, environment }: RolledOut, { options }: Context): Undo {
  if (flags.every(({ value, before }) => Object.values(before).every((was) => was === value))) {
    return { note: 'Nothing was changed, so there is nothing to undo.' }
  }
  const before = flags.map(({ name, before: values }) => ({ name, values: [...new Set(Object.values(values))] }))
  const words = before.flatMap(({ name, values: [value, ...others] }) =>
    value === undefined || value === null || others.length > 0 ? [] : [`${name}=${value}`],
  )
  if (words.length < flags.length) {
    return { note: 'Not every service had the same value before, or any, so no one command brings that back.' }
  }
  const [only] = flags
  const isOff = flags.length === 1 && words[0]?.endsWith('=false') && only?.value === 'true'
  const command = isOff
    ? `fakturino flags off ${shellWord(only.name)} -e ${shellWord(environment)}`
    : `fakturino flags set ${words.map(shellWord).join(' ')} -e ${shellWord(environment)}`
  return {
    command: followUp(command, options),
    note: 'It stores the values of before. What the feature did meanwhile stays: data, queued jobs, code and migrations.',
  }
}

function noReason(): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: '--override-evidence goes on without evidence, and nothing says why. Nothing was changed.',
    hint: 'Add --reason TEXT; it is kept with the change.',
  })
}
