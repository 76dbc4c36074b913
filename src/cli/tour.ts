import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../kit/clock.ts'
import { listed } from '../kit/text.ts'
import type { Report } from '../operations/events.ts'
import type { RehearsalReport, RehearsalStep } from '../output/answers.ts'

/** What the tour does with a platform: commands of ours, and a push by somebody else. */
export interface TourNeeds {
  /** Runs a command with `--json` against the rehearsed platform; every object that it printed. */
  command(argv: string[]): Promise<{ exitCode: number; documents: JsonObject[] }>
  /** Runs a command as a person would; what it prints as its answer. */
  screen(argv: string[]): Promise<string>
  /** Adds a commit to every branch that is deployed, and says which. */
  newCommit(): string
  requests(): number
  clock: Clock
  report: Report
  signal: AbortSignal
  environments: { name: string; isProtected: boolean }[]
  /** Names of the services that must be live, and of those that must not be there. */
  services: string[]
  pending: string[]
}

export type JsonObject = Record<string, unknown>

/** Thrown by a step whose claim does not hold. */
class DoesNotHold extends Error {}

interface Step {
  name: string
  title: string
  /** Gives back what it proved, a sentence each. */
  act(run: Run): Promise<string[]>
}

type Run = (argv: string[], expected?: number) => Promise<JsonObject[]>

/** The whole guide from an empty workspace to a second release, each step with what it proved. A step that fails ends it. */
export async function tour(needs: TourNeeds): Promise<RehearsalReport> {
  const startedAt = needs.clock.now()
  const requestsBefore = needs.requests()
  const told: RehearsalStep[] = []
  for (const step of steps(needs)) {
    const failed = told.some((one) => one.outcome !== 'passed')
    told.push(failed ? notReached(step) : await take(step, needs))
  }
  const report = { steps: told, elapsedMs: needs.clock.now() - startedAt, requests: needs.requests() - requestsBefore }
  const held = told.every((one) => one.outcome === 'passed')
  return { ...report, screens: held ? await lastScreens(needs) : [] }
}

/** What a person would see at the end, in every environment. */
async function lastScreens(needs: TourNeeds): Promise<RehearsalReport['screens']> {
  const screens = []
  for (const { name } of needs.environments) {
    const argv = ['status', '-e', name]
    screens.push({ command: `fakturino ${argv.join(' ')}`, text: await needs.screen(argv) })
  }
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
  const run: Run = async (argv, expected = 0) => {
    needs.signal.throwIfAborted()
    const command = `fakturino ${argv.join(' ')}`
    await needs.report({ type: 'step-command', step: step.name, command })
    const { exitCode, documents } = await needs.command(argv)
    needs.signal.throwIfAborted()
    if (exitCode === expected) return documents
    const message = documents.at(-1)?.message
    throw new DoesNotHold(
      `${command} ended with ${exitCode} instead of ${expected}${typeof message === 'string' ? `: ${message}` : '.'}`,
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

function steps(needs: TourNeeds): Step[] {
  const { environments, services, pending } = needs
  // Unprotected first: staging is where a mistake is cheap.
  const inOrder = [...environments]
    .sort((a, b) => Number(a.isProtected) - Number(b.isProtected))
    .map(({ name }) => name)
  const commits = new Map<string, string>()
  return [
    {
      name: 'init',
      title: 'Set up an empty workspace',
      async act(run) {
        const events = await run(['init', '--yes'])
        const created = (type: string) => events.filter((event) => event.type === type).length
        hold(created('project-created') === 1, 'no project was created')
        hold(
          created('service-created') === services.length,
          `${created('service-created')} services were created, not ${services.length}`,
        )
        hold(created('changes-stored') === environments.length, 'not every environment was stored with one patch')
        hold(created('deployment-created') === 0, 'something was deployed')
        const again = await run(['init', '--yes'])
        const made = again.filter((event) => typeof event.type === 'string' && event.type.endsWith('-created'))
        hold(made.length === 0, 'run again, init made something twice')
        return [
          `One project with ${listed(inOrder)}; ${services.length} services, created once; one patch each, nothing deployed.`,
          'Run again, it made nothing twice.',
        ]
      },
    },
    {
      name: 'plan',
      title: 'Plan before the first deployment',
      async act(run) {
        for (const name of inOrder) {
          const [plan] = await run(['plan', '-e', name, '--detailed-exit-code'], 2)
          hold(sizeOf(plan, 'changes') === 0, `${name} differs from the config right after init`)
          hold(sizeOf(plan, 'deployments') === services.length, `${name} does not plan ${services.length} deployments`)
        }
        return [`What is stored equals the config; ${services.length} services wait for their first deployment.`]
      },
    },
    ...inOrder.map((name): Step => deployStep(name, [], commits, needs)),
    {
      name: 'status',
      title: 'Look at what runs',
      async act(run) {
        for (const name of inOrder) {
          const [status] = await run(['status', '-e', name])
          const running = list(status, 'services')
          hold(running.length === services.length, `${name} has ${running.length} services, not ${services.length}`)
          const sick = running.filter((service) => service.healthy !== true || service.status !== 'live')
          hold(sick.length === 0, `${listed(sick.map((service) => String(service.name)))} in ${name} is not healthy`)
          hold(
            isDeepStrictEqual(
              list(status, 'pending').map((service) => service.name),
              pending,
            ),
            `${listed(pending)} should be pending in ${name}`,
          )
          const domains = running.flatMap((service) => service.domains)
          hold(domains.length > 0, `nothing in ${name} has a domain`)
        }
        return [
          `${services.length} services live and healthy in ${listed(inOrder)}; ${listed(pending)} pending, as the config says.`,
        ]
      },
    },
    {
      name: 'release',
      title: 'Deploy a new commit everywhere',
      async act(run) {
        const before = new Set(commits.values())
        const commit = needs.newCommit()
        hold(!before.has(commit), 'the new commit is not new')
        const proved: string[] = []
        for (const name of inOrder) {
          const events = await run(['deploy', '-e', name, '--commit', commit, '--yes'])
          const deployed = events.filter((event) => event.type === 'deployment-created').map((event) => event.service)
          const [status] = await run(['status', '-e', name])
          const revisions = list(status, 'services').filter((service) => deployed.includes(service.name))
          hold(deployed.length > 0, `nothing was deployed in ${name}`)
          hold(
            revisions.every((service) => service.revision === commit),
            `not every deployed service in ${name} runs the new commit`,
          )
          proved.push(
            `${name}: ${listed(deployed.map(String))} run ${commit.slice(0, 8)}; the databases were left alone.`,
          )
        }
        return proved
      },
    },
    {
      name: 'converged',
      title: 'Plan again',
      async act(run) {
        for (const name of inOrder) {
          const [plan] = await run(['plan', '-e', name, '--detailed-exit-code'])
          hold(sizeOf(plan, 'changes') === 0 && sizeOf(plan, 'deployments') === 0, `the plan of ${name} is not empty`)
        }
        return [`Nothing is left to do in ${listed(inOrder)}.`]
      },
    },
  ]
}

function deployStep(environment: string, options: string[], commits: Map<string, string>, needs: TourNeeds): Step {
  return {
    name: `deploy-${environment}`,
    title: `Deploy ${environment}`,
    async act(run) {
      const events = await run(['deploy', '-e', environment, ...options, '--yes'])
      const created = events
        .filter((event) => event.type === 'deployment-created')
        .map((event) => String(event.service))
      const live = events.filter((event) => event.type === 'deployment-live').map((event) => String(event.service))
      hold(
        created.length === needs.services.length && isDeepStrictEqual(new Set(created), new Set(needs.services)),
        'not every service was deployed exactly once',
      )
      hold(live.length === needs.services.length, 'not every service became live')
      const verified = events.filter((event) => event.type === 'service-verified').map((event) => String(event.service))
      hold(verified.length > 0, 'nothing was verified over HTTP')
      hold(inLevels(events), 'a level was started before the one under it was live')
      const commit = events.at(-1)?.commit
      if (typeof commit === 'string') commits.set(environment, commit)
      return [
        `${listed(live)} live, each deployed once, level after level.`,
        `${listed(verified)} answered over HTTP through ${verified.length === 1 ? 'its' : 'their'} domain.`,
      ]
    },
  }
}

/** Was every deployment of a level live before the first of the next was created? */
function inLevels(events: readonly JsonObject[]): boolean {
  const open = new Set<unknown>()
  for (const event of events) {
    if (event.type === 'level-started' && open.size > 0) return false
    if (event.type === 'deployment-created') open.add(event.service)
    if (event.type === 'deployment-live') open.delete(event.service)
  }
  return open.size === 0
}

function hold(claim: boolean, otherwise: string): void {
  if (!claim) throw new DoesNotHold(`${otherwise}.`)
}

function list(document: JsonObject | undefined, name: string): JsonObject[] {
  const value = document?.[name]
  return Array.isArray(value) ? value : []
}

function sizeOf(document: JsonObject | undefined, name: string): number {
  const value = document?.[name]
  return Array.isArray(value) ? value.length : Number.NaN
}
