import { isDeepStrictEqual } from 'node:util'
import type { DesiredService, DesiredState } from '../config/desired.ts'
import { count, listed, shortCommit } from '../kit/text.ts'
import { hold, type JsonObject, list, type Run, type Step } from './tour.ts'
import { type FlagTourNeeds, flagSteps } from './tour-flags.ts'
import { type MigrationNeeds, migrationSteps } from './tour-migrations.ts'
import { type MisfortuneNeeds, misfortuneSteps } from './tour-misfortunes.ts'
import { type RollbackTourNeeds, rollbackSteps } from './tour-rollback.ts'
import { checkStep, lookBackStep } from './tour-watching.ts'

/** What the steps are about. */
export interface TourSubject extends MisfortuneNeeds, MigrationNeeds, RollbackTourNeeds, FlagTourNeeds {
  /** One for each environment of the config, in the order of work; at least one. */
  desired: readonly DesiredState[]
  /** Holds every secret that a service cannot start without and that nobody generates; undefined when there is none. */
  secretsFile?: string
  /** Adds a commit to every branch that is deployed, and says which. */
  newCommit(): string
}

/** The whole guide from an empty workspace to a second release, and several that go wrong; a step claims only what this config wants. */
export function tourSteps(subject: TourSubject): Step[] {
  const { desired } = subject
  const commits = new Set<string>()
  const [first] = desired
  const misfortunes = misfortuneSteps(first, subject)
  const hasCode = desired.some((state) => state.services.some(isCode))
  return [
    initStep(subject),
    planStep(desired),
    ...desired.map((state) => deployStep(state, commits)),
    statusStep(desired),
    checkStep(desired),
    ...(hasCode ? [releaseStep(subject, commits)] : []),
    ...misfortunes,
    ...migrationSteps(first, subject),
    ...rollbackSteps(first, subject),
    ...flagSteps(desired, subject),
    ...(first !== undefined && misfortunes.length > 0
      ? [lookBackStep(first, ['done', 'failed', 'rolled-back', 'interrupted'])]
      : []),
    convergedStep(desired),
  ]
}

function initStep({ desired, secretsFile }: TourSubject): Step {
  const services = serviceNames(desired)
  return {
    name: 'init',
    title: 'Set up an empty workspace',
    async act(run) {
      const events = await run(['init', '--yes', ...secretsOption(secretsFile), ...riskOption(desired)])
      const created = (type: string) => events.filter((event) => event.type === type).length
      hold(created('project-created') === 1, 'no project was created')
      hold(
        created('service-created') === services.length,
        `${count(created('service-created'), 'new service')}, not ${services.length}`,
      )
      hold(created('changes-stored') === desired.length, 'not every environment was stored with one patch')
      hold(created('deployment-created') === 0, 'something was deployed')
      const again = await run(['init', '--yes'])
      const made = again.filter((event) => typeof event.type === 'string' && event.type.endsWith('-created'))
      hold(made.length === 0, 'run again, init made something twice')
      const patches = desired.length === 1 ? 'one patch' : 'one patch each'
      return [
        `One project with ${namesOf(desired)}; ${count(services.length, 'service')}, created once; ${patches}, nothing deployed.`,
        'Run again, it made nothing twice.',
      ]
    },
  }
}

function secretsOption(file: string | undefined): string[] {
  return file === undefined ? [] : ['--secrets-file', file]
}

/** The config asks for it, and a rehearsal is where that is safe. */
function riskOption(desired: readonly DesiredState[]): string[] {
  const isRisky = desired.some(
    ({ environment, flags }) => environment.protected && flags.some((flag) => flag.default === flag.riskyValue),
  )
  return isRisky ? ['--allow', 'risky-flag-default'] : []
}

function planStep(desired: readonly DesiredState[]): Step {
  const services = serviceNames(desired)
  return {
    name: 'plan',
    title: 'Plan before the first deployment',
    async act(run) {
      for (const name of environmentNames(desired)) {
        const [plan] = await run(['plan', '-e', name, '--detailed-exit-code'], 2)
        hold(sizeOf(plan, 'changes') === 0, `${name} differs from the config right after init`)
        hold(
          sizeOf(plan, 'deployments') === services.length,
          `${name} does not plan ${count(services.length, 'deployment')}`,
        )
      }
      const wait = services.length === 1 ? 'waits for its' : 'wait for their'
      return [`What is stored equals the config; ${count(services.length, 'service')} ${wait} first deployment.`]
    },
  }
}

function deployStep({ environment, services }: DesiredState, commits: Set<string>): Step {
  const names = services.map((service) => service.name)
  const levels = new Set(services.map((service) => service.level)).size
  return {
    name: `deploy-${environment.name}`,
    title: `Deploy ${environment.name}`,
    async act(run) {
      const events = await run(['deploy', '-e', environment.name, '--yes'])
      const created = servicesOf(events, 'deployment-created')
      const live = servicesOf(events, 'deployment-live')
      hold(
        created.length === names.length && isDeepStrictEqual(new Set(created), new Set(names)),
        'not every service was deployed exactly once',
      )
      hold(live.length === names.length, 'not every service became live')
      hold(inLevels(events), 'a level was started before the one under it was live')
      const verified = servicesOf(events, 'service-verified')
      const unasked = services.filter((service) => isAsked(service) && !verified.includes(service.name))
      hold(unasked.length === 0, `${listed(unasked.map(({ name }) => name))} was not verified over HTTP`)
      const commit = events.at(-1)?.commit
      if (typeof commit === 'string') commits.add(commit)
      return [
        `${listed(live)} live, each deployed once${levels > 1 ? ', level after level' : ''}.`,
        ...(verified.length === 0
          ? []
          : [`${listed(verified)} answered over HTTP through ${verified.length === 1 ? 'its' : 'their'} domain.`]),
      ]
    },
  }
}

function statusStep(desired: readonly DesiredState[]): Step {
  return {
    name: 'status',
    title: 'Look at what runs',
    async act(run) {
      for (const state of desired) await holdStatus(state, run)
      const pending = desired[0]?.pending.map((service) => service.name) ?? []
      const live = `${count(serviceNames(desired).length, 'service')} live and healthy in ${namesOf(desired)}`
      return [pending.length === 0 ? `${live}.` : `${live}; ${listed(pending)} pending, as the config says.`]
    },
  }
}

async function holdStatus({ environment: { name }, services, pending }: DesiredState, run: Run): Promise<void> {
  const [status] = await run(['status', '-e', name])
  const running = list(status, 'services')
  hold(running.length === services.length, `${name} has ${running.length} services, not ${services.length}`)
  const sick = running.filter((service) => service.healthy !== true || service.status !== 'live')
  hold(sick.length === 0, `${listed(sick.map((service) => String(service.name)))} in ${name} is not healthy`)
  const wanted = pending.map((service) => service.name)
  const told = list(status, 'pending').map((service) => service.name)
  hold(isDeepStrictEqual(told, wanted), `${name} has ${listed(told.map(String)) || 'nothing'} pending`)
  const unreachable = services.filter(
    (service) =>
      service.domain !== undefined &&
      sizeOf(
        running.find((one) => one.name === service.name),
        'domains',
      ) === 0,
  )
  hold(unreachable.length === 0, `${listed(unreachable.map((service) => service.name))} in ${name} has no domain`)
}

function releaseStep({ desired, newCommit }: TourSubject, commits: ReadonlySet<string>): Step {
  return {
    name: 'release',
    title: `Deploy a new commit${desired.length > 1 ? ' everywhere' : ''}`,
    async act(run) {
      const commit = newCommit()
      hold(!commits.has(commit), 'the new commit is not new')
      const proved: string[] = []
      for (const state of desired) proved.push(await released(state, commit, run))
      return proved
    },
  }
}

async function released({ environment: { name }, services }: DesiredState, commit: string, run: Run): Promise<string> {
  const code = services.filter(isCode).map((service) => service.name)
  const others = services.filter((service) => !isCode(service)).map((service) => service.name)
  const events = await run(['deploy', '-e', name, '--commit', commit, '--yes'])
  const deployed = servicesOf(events, 'deployment-created')
  hold(!deployed.some((service) => others.includes(service)), `something without code was deployed in ${name}`)
  // One that follows its branch may have got there by itself.
  const late = services.filter((one) => isCode(one) && one.autoDeploy !== true && !deployed.includes(one.name))
  hold(late.length === 0, `${listed(late.map((service) => service.name))} in ${name} was not deployed`)
  const [status] = await run(['status', '-e', name])
  const runs = new Map(list(status, 'services').map((service) => [service.name, service.revision]))
  hold(
    code.every((service) => runs.get(service) === commit),
    `not every service of a codebase in ${name} runs the new commit`,
  )
  const alone = others.length === 0 ? '' : `; ${listed(others)} ${others.length === 1 ? 'was' : 'were'} left alone`
  return `${name}: ${listed(code)} ${code.length === 1 ? 'runs' : 'run'} ${shortCommit(commit)}${alone}.`
}

function convergedStep(desired: readonly DesiredState[]): Step {
  return {
    name: 'converged',
    title: 'Plan again',
    async act(run) {
      for (const name of environmentNames(desired)) {
        const [plan] = await run(['plan', '-e', name, '--detailed-exit-code'])
        hold(sizeOf(plan, 'changes') === 0 && sizeOf(plan, 'deployments') === 0, `the plan of ${name} is not empty`)
      }
      return [`Nothing is left to do in ${namesOf(desired)}.`]
    },
  }
}

function isCode(service: DesiredService): boolean {
  return service.codebase !== undefined
}

/** Does a deploy ask it over HTTP? It does so through generated domains. */
function isAsked({ domain, liveness }: DesiredService): boolean {
  return liveness !== undefined && domain !== undefined && domain.custom === undefined
}

/** Every environment has the same services. */
function serviceNames([first]: readonly DesiredState[]): string[] {
  return first?.services.map((service) => service.name) ?? []
}

function environmentNames(desired: readonly DesiredState[]): string[] {
  return desired.map(({ environment }) => environment.name)
}

function namesOf(desired: readonly DesiredState[]): string {
  return listed(environmentNames(desired))
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

function servicesOf(events: readonly JsonObject[], type: string): string[] {
  return events.filter((event) => event.type === type).map((event) => String(event.service))
}

function sizeOf(document: JsonObject | undefined, name: string): number {
  const value = document?.[name]
  return Array.isArray(value) ? value.length : Number.NaN
}
