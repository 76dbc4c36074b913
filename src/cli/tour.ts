import type { Clock } from '../kit/clock.ts'
import type { Report } from '../operations/events.ts'
import type { RehearsalReport, RehearsalStep } from '../output/answers.ts'

/** What a tour does with a platform: commands of ours, counted and timed. */
export interface TourNeeds {
  /** Runs a command with `--json` against the rehearsed platform; every object that it printed. */
  command(argv: string[], interruptAt?: string): Promise<{ exitCode: number; documents: JsonObject[] }>
  /** Runs a command as a person would; what it prints as its answer. */
  screen(argv: string[]): Promise<string>
  requests(): number
  clock: Clock
  report: Report
  signal: AbortSignal
}

export type JsonObject = Record<string, unknown>

/** Runs one command, which must end with the expected exit code, 0 unless said otherwise; interrupts it at an event of that type. */
export type Run = (argv: string[], expected?: number, interruptAt?: string) => Promise<JsonObject[]>

export interface Step {
  name: string
  title: string
  /** Gives back what it proved, a sentence each. */
  act(run: Run): Promise<string[]>
}

/** Thrown by a step whose claim does not hold. */
class DoesNotHold extends Error {}

/** Ends the step unless the claim is true. */
export function hold(claim: boolean, otherwise: string): void {
  if (!claim) throw new DoesNotHold(`${otherwise}.`)
}

/** The objects in a list of a document; none where there is no such list. */
export function list(document: JsonObject | undefined, name: string): JsonObject[] {
  const value = document?.[name]
  return Array.isArray(value) ? value : []
}

/** Takes one step after the other, each with what it proved and what it cost. A step that fails ends it. */
export async function tour(
  steps: readonly Step[],
  /** Commands whose screens are shown at the end, when everything held. */
  lastLooks: readonly string[][],
  needs: TourNeeds,
): Promise<RehearsalReport> {
  const startedAt = needs.clock.now()
  const requestsBefore = needs.requests()
  const told: RehearsalStep[] = []
  for (const step of steps) {
    const failed = told.some((one) => one.outcome !== 'passed')
    told.push(failed ? notReached(step) : await take(step, needs))
  }
  const report = { steps: told, elapsedMs: needs.clock.now() - startedAt, requests: needs.requests() - requestsBefore }
  const held = told.every((one) => one.outcome === 'passed')
  return { ...report, screens: held ? await screensOf(lastLooks, needs) : [] }
}

async function screensOf(looks: readonly string[][], needs: TourNeeds): Promise<RehearsalReport['screens']> {
  const screens = []
  for (const argv of looks) screens.push({ command: written(argv), text: await needs.screen(argv) })
  return screens
}

function notReached({ name, title }: Step): RehearsalStep {
  return { step: name, title, outcome: 'not-reached', proved: [], elapsedMs: 0, requests: 0 }
}

async function take(step: Step, needs: TourNeeds): Promise<RehearsalStep> {
  const startedAt = needs.clock.now()
  const requestsBefore = needs.requests()
  const cost = () => ({ elapsedMs: needs.clock.now() - startedAt, requests: needs.requests() - requestsBefore })
  await needs.report({ type: 'step-started', step: step.name, title: step.title })
  const run: Run = async (argv, expected = 0, interruptAt) => {
    needs.signal.throwIfAborted()
    await needs.report({ type: 'step-command', step: step.name, command: written(argv) })
    const { exitCode, documents } = await needs.command(argv, interruptAt)
    needs.signal.throwIfAborted()
    if (exitCode === expected) return documents
    const message = documents.at(-1)?.message
    throw new DoesNotHold(
      `${written(argv)} ended with ${exitCode} instead of ${expected}${typeof message === 'string' ? `: ${message}` : '.'}`,
    )
  }
  try {
    const proved = await step.act(run)
    await needs.report({ type: 'step-passed', step: step.name, proved, ...cost() })
    return { step: step.name, title: step.title, outcome: 'passed', proved, ...cost() }
  } catch (error) {
    if (!(error instanceof DoesNotHold)) throw error
    await needs.report({ type: 'step-failed', step: step.name, reason: error.message, ...cost() })
    return { step: step.name, title: step.title, outcome: 'failed', proved: [], reason: error.message, ...cost() }
  }
}

function written(argv: readonly string[]): string {
  return `fakturino ${argv.join(' ')}`
}
