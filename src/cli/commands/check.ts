import type { DesiredState } from '../../config/desired.ts'
import { nearestWords } from '../../config/nearest.ts'
import { isDuration } from '../../config/quantities.ts'
import { OperatorError } from '../../kit/errors.ts'
import { printable } from '../../kit/text.ts'
import { checkEnvironment, type EnvironmentCheck } from '../../operations/check-environment.ts'
import type { ObservedState } from '../../platform/observed-state.ts'
import type { CheckResult } from '../../verify/check.ts'
import type { Look } from '../../verify/check-subject.ts'
import type { Verdict } from '../../verify/verdict.ts'
import { type CommandInput, isGiven, textOption } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { observed } from '../observed.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const times = timesOf(input)
  refuseInterval(input)
  const { output, clock, signal } = context
  const over = AbortSignal.any([signal, output.gone])
  const looker = await createLooker(context, input.arguments)
  const earlier: Look[] = []
  let before: EnvironmentCheck | undefined
  let last: Verdict | undefined
  for (let round = 1; ; round += 1) {
    try {
      const { check, look } = await looker.look(earlier)
      remember(earlier, look)
      output.answer({
        type: 'check',
        check,
        isRehearsal: looker.isRehearsal,
        ...(before === undefined ? {} : { before }),
      })
      before = check
      last = check.verdict
      if (round >= times) return exitCodeOf(check.verdict)
      await clock.sleep(looker.intervalMs(), over)
    } catch (error) {
      if (last === undefined) throw error
      if (output.gone.aborted) return exitCodeOf(last)
      // A watch ends when somebody ends it, with what it saw last.
      if (signal.aborted) {
        if (isInterruption(signal.reason)) return exitCodeOf(last)
        throw error
      }
      if (!(error instanceof OperatorError) || error.kind !== 'unreachable' || round >= times) throw error
      output.notice(error.message)
      last = 'inconclusive'
      await clock.sleep(looker.intervalMs(), over).catch((reason: unknown) => {
        if (!output.gone.aborted && !isInterruption(reason)) throw reason
      })
      if (over.aborted) return exitCodeOf(last)
    }
  }
}

function isInterruption(reason: unknown): boolean {
  return reason instanceof OperatorError && reason.kind === 'interrupted'
}

/** Looks at an environment again and again: what the config says is read once, the world each time. */
async function createLooker(context: Context, names: readonly string[]) {
  const { platform, probe, isRehearsal } = await context.access()
  const timing = await context.timing()
  const { clock, signal, options } = context
  let intervalMs = timing.check.intervalMs
  return {
    isRehearsal,
    intervalMs: () => intervalMs,
    async look(earlier: readonly Look[]): Promise<{ check: EnvironmentCheck; look: Look }> {
      const { state, desired } = await observed(context)
      // The config's own timings are for Railway.
      if (!isRehearsal) intervalMs = desired?.watched.intervalMs ?? intervalMs
      refuseStrangers(names, state, desired)
      const { check, look } = await checkEnvironment(
        { state, desired, earlier, ...(names.length === 0 ? {} : { services: names }) },
        { platform, probe, clock, signal, timing },
      )
      return { check: { ...check, checks: check.checks.map((result) => withFollowUp(result, options)) }, look }
    },
  }
}

function withFollowUp(result: CheckResult, options: Context['options']): CheckResult {
  const { finding } = result
  if (finding?.fix === undefined) return result
  return { ...result, finding: { ...finding, fix: followUp(finding.fix, options) } }
}

function refuseStrangers(names: readonly string[], state: ObservedState, desired: DesiredState | undefined): void {
  const known =
    desired === undefined
      ? state.services.map(({ name }) => name)
      : [...desired.services, ...desired.pending].map(({ name }) => name)
  const stranger = names.find((name) => !known.includes(name))
  if (stranger === undefined) return
  throw new OperatorError({
    kind: 'usage',
    code: 'unknown-service',
    message: `${desired === undefined ? 'The environment' : 'The config'} has no service ${printable(stranger)}${nearestWords(stranger, known)}.`,
    hint: 'Name services as they are called there, or none for all of them.',
  })
}

/** `status --watch` takes one, so that somebody will write it here too. */
function refuseInterval(input: CommandInput): void {
  const interval = isGiven(input, 'watch') ? input.arguments.find(isDuration) : undefined
  if (interval === undefined) return
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--watch takes no time here, and ${interval} is no service: it looks at the interval that the config gives the health check.`,
    hint: `Leave out ${interval}; with --times it looks so many times.`,
  })
}

/** How often it looks: once, for ever, or so many times. */
function timesOf(input: CommandInput): number {
  const given = textOption(input, 'times')
  if (given === undefined) return isGiven(input, 'watch') ? Number.POSITIVE_INFINITY : 1
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given)
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--times ${printable(given)} is no number of looks.`,
    hint: 'Write a whole number, 1 or more.',
  })
}

/** The first look is kept, since what grows is compared with it; of the others the newest. */
function remember(earlier: Look[], look: Look): void {
  earlier.push(look)
  if (earlier.length > 100) earlier.splice(1, 1)
}

const verdictCodes: Record<Verdict, ExitCode> = {
  pass: exitCodes.done.code,
  fail: exitCodes.failed.code,
  inconclusive: exitCodes.unfinished.code,
}

function exitCodeOf(verdict: Verdict): ExitCode {
  return verdictCodes[verdict]
}
