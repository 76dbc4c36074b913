import { resolve } from 'node:path'
import { shellWord } from '../../kit/shell-word.ts'
import type { AskItem } from '../../operations/answer-items.ts'
import { type Validation, validateFlag } from '../../operations/validate-flag.ts'
import { evidenceText } from '../../verify/evidence.ts'
import { type CommandInput, textOption } from '../command.ts'
import { tellFindings } from '../config-findings.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { oneFlag } from '../named-flags.ts'
import { desiredWhere, wantedEnvironment } from '../target.ts'
import { author, deployNeeds, takesLease } from './deploy.ts'

/** Tries a flag where it is tried first, and goes through its checklist. */
export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const { options, output } = context
  const flag = oneFlag(input)
  const loaded = await context.config()
  await tellFindings(context, loaded, 'changing')
  const who = author('flags', context)
  const { confirm = [] } = input.options
  const note = textOption(input, 'note')
  const out = textOption(input, 'out')
  // People take as long as they take; what waits for the platform has limits of its own.
  const needs = await deployNeeds(context.canAsk ? { ...context, limit: () => {} } : context)
  const validation = await validateFlag(
    {
      flag,
      wanted: await wantedEnvironment(context, 'changing', loaded.config),
      desiredFor: desiredWhere(loaded.config),
      isSpelledOut: options.environment !== undefined,
      author: who,
      by: textOption(input, 'by') ?? who.person,
      confirmed: Array.isArray(confirm) ? confirm.map(String) : [],
      ...(note === undefined ? {} : { note }),
      takesLease: takesLease(context),
      isDryRun: options.dryRun ?? false,
    },
    { ...needs, ...(context.canAsk ? { ask: asking(context) } : {}) },
  )
  const file = await written(validation, out, context)
  output.answer({
    type: 'validation',
    validation,
    isRehearsal: needs.isRehearsal,
    ...(file === undefined ? {} : { file }),
    next: nextOf(validation, context),
  })
  return exitCodes.done.code
}

/** One item after the other, with room for a note. */
function asking({ ask, output }: Context): AskItem {
  return async ({ id, text }, { nth, of }) => {
    output.close()
    const answer = await ask.choose(`${id} (${nth} of ${of}): ${text}. Is it so?`, [
      { value: 'yes', name: 'yes, somebody saw it' },
      { value: 'no', name: 'no, it is not so' },
      { value: 'skip', name: 'skip: leave it open for now' },
    ])
    const note = answer === 'skip' ? '' : await ask.text('A note (Enter for none):')
    return { answer, ...(note.trim() === '' ? {} : { note }) }
  }
}

/** A file for those whose token sees one environment only. */
async function written(
  { evidence }: Validation,
  path: string | undefined,
  { files, machine }: Context,
): Promise<string | undefined> {
  if (path === undefined || evidence === null) return undefined
  await files.writeText(resolve(machine.cwd(), path), `${evidenceText(evidence)}\n`)
  return path
}

/** Where it counts, the flag may be switched now; after a dry run, it is to be validated first. */
function nextOf({ evidence, flag, value, environment, validates }: Validation, { options }: Context): string {
  const name = shellWord(flag)
  if (evidence === null) return followUp(`fakturino flags validate ${name} -e ${shellWord(environment)}`, options)
  const place = shellWord(validates)
  const act =
    value === 'true' ? `fakturino flags on ${name} -e ${place}` : `fakturino flags set ${name}=${value} -e ${place}`
  return followUp(act, options)
}
