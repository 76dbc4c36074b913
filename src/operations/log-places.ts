import { nearest } from '../config/nearest.ts'
import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import { platformFilter } from '../logs/platform-filter.ts'
import { type DeploymentId, id } from '../platform/ids.ts'
import type { LogRow, LogSource } from '../platform/log-row.ts'
import type { ObservedService, ObservedState } from '../platform/observed-state.ts'

/** Whose log is asked for. */
export interface LogQuestion {
  /** Names; none means all. */
  services: readonly string[]
  deployment?: string
  kind: 'said' | 'build' | 'http'
}

/** Where it is, and how what is there is understood. */
export interface LogPlaces {
  sources: LogSource[]
  /** In the platform's own language. */
  filter: string
  /** Names of services that may occur. */
  services: string[]
  nameOf(row: LogRow): string | null
  /** Asked for, and never deployed: they have said nothing yet. */
  silent: string[]
  /** A build that goes on. */
  isUnderWay: boolean
}

/** Finds out of one reading where the log is that somebody asks for. */
export function logPlaces(state: ObservedState, question: LogQuestion): LogPlaces {
  const asked = askedServices(state, question.services)
  const names = new Map<string, string>(state.services.map((service) => [service.id, service.name]))
  const owners = new Map<string, string>(
    state.services.flatMap((service) =>
      deploymentsOf(service).map((deployment) => [deployment, service.name] as const),
    ),
  )
  const deployment = question.deployment === undefined ? undefined : id<'deployment'>(question.deployment)
  const [only] = asked
  const owner = deployment === undefined ? undefined : owners.get(deployment)
  if (owner !== undefined && !asked.some(({ name }) => name === owner)) throw ofAnother(owner, question)
  // A deployment that is not the newest of any service is not in the reading; whoever names one service means that one.
  const otherwise = deployment !== undefined && question.services.length === 1 && only !== undefined ? only.name : null
  return {
    ...placesOf(state, question, asked, deployment),
    services: asked.map(({ name }) => name),
    nameOf: ({ serviceId, deploymentId }) =>
      (serviceId === undefined ? undefined : names.get(serviceId)) ??
      (deploymentId === undefined ? undefined : owners.get(deploymentId)) ??
      otherwise,
    silent: asked.filter((service) => deploymentsOf(service).length === 0).map(({ name }) => name),
  }
}

function ofAnother(owner: string, { deployment = '', services }: LogQuestion): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `Deployment ${deployment} is one of ${owner}, and not of ${listed(services, 'or')}.`,
    hint: 'Leave out the name, or the deployment.',
  })
}

type Places = Pick<LogPlaces, 'sources' | 'filter' | 'isUnderWay'>

function placesOf(
  state: ObservedState,
  { services, kind }: LogQuestion,
  asked: readonly ObservedService[],
  deployment: DeploymentId | undefined,
): Places {
  if (kind === 'build') return placesOfBuild(state, services, asked, deployment)
  if (deployment !== undefined) {
    return {
      sources: [{ kind: kind === 'http' ? 'http' : 'deploy', deploymentId: deployment }],
      filter: '',
      isUnderWay: false,
    }
  }
  if (kind === 'http') return placesOfEdge(state, asked)
  return {
    sources: [{ kind: 'environment', environmentId: state.environment.id }],
    filter: platformFilter(services.length === 0 ? [] : asked.map((service) => service.id)),
    isUnderWay: false,
  }
}

function placesOfBuild(
  state: ObservedState,
  services: readonly string[],
  asked: readonly ObservedService[],
  deployment: DeploymentId | undefined,
): Places {
  const [only] = asked
  if (deployment === undefined && (services.length !== 1 || only === undefined)) {
    throw new OperatorError({
      kind: 'usage',
      code: 'invalid-option',
      message: '--build shows one build, and this names no single service.',
      hint: `Name one of ${listed(
        state.services.map(({ name }) => name),
        'or',
      )}, or a deployment with --deployment.`,
    })
  }
  const latest = only?.latest
  const chosen = deployment ?? latest?.id
  if (chosen === undefined) throw neverDeployed([only?.name ?? ''], state)
  const status = latest?.id === chosen ? latest.status : undefined
  return {
    sources: [{ kind: 'build', deploymentId: chosen }],
    filter: '',
    isUnderWay: status === 'queued' || status === 'waiting' || status === 'building',
  }
}

function placesOfEdge(state: ObservedState, asked: readonly ObservedService[]): Places {
  const live = asked.filter(({ domains }) => domains.length > 0).flatMap(({ active }) => active)
  if (live.length > 0) {
    return {
      sources: live.map((deployment) => ({ kind: 'http', deploymentId: deployment.id })),
      filter: '',
      isUnderWay: false,
    }
  }
  throw new OperatorError({
    kind: 'failed',
    code: 'nothing-active',
    message: `No service with a domain is live in ${state.environment.name}, so the edge answers for none of those asked for.`,
    hint: 'To see what is live, run: fakturino status',
  })
}

/** The failure where nothing that was asked for has ever run, so that there is nothing to read. */
export function neverDeployed(services: readonly string[], { environment }: ObservedState): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'nothing-active',
    message: `${listed(services)} ${services.length === 1 ? 'was' : 'were'} never deployed in ${environment.name}, so nothing was said there yet.`,
    hint: 'To deploy, run: fakturino deploy',
  })
}

function askedServices({ services, environment }: ObservedState, names: readonly string[]): ObservedService[] {
  const known = services.map(({ name }) => name)
  const stranger = names.find((name) => !known.includes(name))
  if (stranger !== undefined) {
    const meant = nearest(stranger, known)
    throw new OperatorError({
      kind: 'usage',
      code: 'unknown-service',
      message: `Environment ${environment.name} has no service ${stranger}${meant === undefined ? '' : `; the nearest is '${meant}'`}.`,
      hint:
        known.length === 0 ? 'It has none at all. To set it up, run: fakturino init' : `There are ${listed(known)}.`,
    })
  }
  return names.length === 0 ? services : services.filter(({ name }) => names.includes(name))
}

function deploymentsOf({ active, latest }: ObservedService): string[] {
  return [...active, ...(latest === undefined ? [] : [latest])].map((deployment) => deployment.id)
}
