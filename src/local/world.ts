import type { EnvironmentConfig, ServiceConfig } from '../contract/environment-config.ts'
import type { DeploymentStatus } from '../contract/types.ts'
import { feel, visit } from './activity.ts'
import { commitDirectly, stage, writeVariables } from './changing.ts'
import type { Condition } from './condition.ts'
import { createEnvironment, createProject, createService } from './creating.ts'
import { activeDeployments, pushed } from './deploying.ts'
import type { PrintedLine } from './log-writer.ts'
import type { Deployment, Environment, Patch, Project, Service, Severity } from './model.ts'
import type { PlatformModel } from './platform-model.ts'
import type { Commit, CommitBehaviour, CommitSeed } from './repositories.ts'
import type { JobCounts } from './runtime/queues.ts'
import type { SpeechName } from './runtime/spoken-lines.ts'
import { appProcess } from './runtime/start-command.ts'

/** A row as the platform has it, `timestamp` as it tells it. */
export interface LedgerRow {
  timestamp: string
  message: string
  severity: Severity
  attributes: Readonly<Record<string, unknown>>
  serviceId: string
  deploymentId: string
  instanceId: string | undefined
}

/**
 * The world behind the API, for tests and drills: it can be read, and disturbed as a foreign operator would. Every call first
 * lets happen what is due by now. Look-ups by name throw when there is nothing of that name.
 */
export class World {
  readonly #model: PlatformModel

  constructor(model: PlatformModel) {
    this.#model = model
  }

  get projects(): ReadonlyMap<string, Project> {
    return this.#present().projects
  }

  projectNamed(name: string): Project {
    return named('project', name, this.#present().projects.values())
  }

  environmentNamed(name: string, projectName?: string): Environment {
    const projects = projectName === undefined ? [...this.projects.values()] : [this.projectNamed(projectName)]
    const environments = projects.flatMap((project) => [...project.environments.values()])
    return named('environment', name, environments)
  }

  serviceNamed(name: string, projectName?: string): Service {
    const projects = projectName === undefined ? [...this.projects.values()] : [this.projectNamed(projectName)]
    const services = projects.flatMap((project) => [...project.services.values()])
    return named('service', name, services)
  }

  environment(id: string): Environment {
    return this.#present().environment(id)
  }

  /** Of one service in one environment, the oldest first. */
  deployments(environmentId: string, serviceId: string): readonly Deployment[] {
    const model = this.#present()
    return model.instance(model.environment(environmentId), serviceId).deployments
  }

  addProject(name: string, firstEnvironment = 'production'): Project {
    return createProject(this.#present(), { name, defaultEnvironmentName: firstEnvironment })
  }

  addEnvironment(projectId: string, name: string, isEphemeral = false): Environment {
    const model = this.#present()
    return createEnvironment(model, model.project(projectId), { name, isEphemeral })
  }

  /** With these settings in every environment that is no fork. Nothing is deployed. */
  addService(projectId: string, name: string, settings: ServiceConfig = {}): Service {
    const model = this.#present()
    const [first] = model.project(projectId).environments.values()
    if (first === undefined) throw new Error(`The project ${projectId} has no environment`)
    return createService(model, first, { name, settings: structuredClone(settings) })
  }

  /** Shared where `serviceId` is undefined; a null removes the variable. Deploys the service unless told not to. */
  setVariable(
    environmentId: string,
    serviceId: string | undefined,
    name: string,
    value: string | null,
    { skipDeploys = false, sealed = false }: { skipDeploys?: boolean; sealed?: boolean } = {},
  ): void {
    const model = this.#present()
    const entry = value === null ? null : { value, ...(sealed && { isSealed: true }) }
    writeVariables(model, model.environment(environmentId), serviceId, { [name]: entry }, { skipDeploys })
  }

  /** Adds to what is staged. */
  stage(environmentId: string, patch: EnvironmentConfig): Patch {
    const model = this.#present()
    return stage(model, model.environment(environmentId), structuredClone(patch), true)
  }

  /** Commits a patch of its own, past what is staged. */
  commit(
    environmentId: string,
    patch: EnvironmentConfig,
    options: { message?: string; skipDeploys?: boolean } = {},
  ): Patch {
    const model = this.#present()
    return commitDirectly(model, model.environment(environmentId), structuredClone(patch), options)
  }

  /** A commit that nobody is told about. */
  addCommit(repository: string, branch: string, commit: CommitSeed = {}): Commit {
    return this.#present().repositories.add(repository, branch, commit)
  }

  /** What the code of a commit does from now on, also where it runs: what it leaned on is gone, or is back. */
  turn(sha: string, behaviour: CommitBehaviour): void {
    for (const commit of this.#present().repositories.findAll(sha)) commit.behaviour = behaviour
  }

  /** A commit that arrives on a branch: services with auto-deploy on are deployed. */
  push(repository: string, branch: string, seed: CommitSeed = {}): Commit {
    const model = this.#present()
    const commit = model.repositories.add(repository, branch, seed)
    pushed(model, repository, branch, commit.sha)
    return commit
  }

  /** Puts a deployment into a status that the platform reaches for reasons of its own; there it stays. */
  forceStatus(deploymentId: string, status: DeploymentStatus): void {
    const model = this.#present()
    model.lifecycle.force(model.deployment(deploymentId), status)
  }

  /** The environment goes, with all that runs in it. */
  removeEnvironment(environmentId: string): void {
    const model = this.#present()
    model.forget(model.environment(environmentId))
  }

  /**
   * Lines that the live deployment of a service prints now, in one batch. What is more than 500 a second of one container is
   * dropped, unless the platform was started with other `linesPerSecond`.
   */
  write(environmentId: string, serviceId: string, lines: readonly PrintedLine[]): void {
    const model = this.#present()
    const [live] = activeDeployments(model.instance(model.environment(environmentId), serviceId))
    if (live === undefined) throw new Error(`Nothing of the service ${serviceId} is live`)
    model.logs.write(live, 'deploy', lines)
  }

  /** What the platform says of itself from now on; undefined: all is well. */
  setIncident(incident: { message: string; url: string } | undefined): void {
    const model = this.#present()
    model.incident = incident && { id: model.id(), ...incident }
  }

  /** The platform's own truth: every row of an environment that it still has, by their times, builds excluded. */
  ledger(environmentId: string): LedgerRow[] {
    return this.#present()
      .environment(environmentId)
      .rows.rows()
      .map(({ time, message, severity, attributes, deployment, instanceId }) => ({
        timestamp: time,
        message,
        severity,
        attributes,
        serviceId: deployment.instance.service.id,
        deploymentId: deployment.id,
        instanceId,
      }))
  }

  /** How a service feels from now on, until this is called again; `{}` is well. */
  setCondition(environmentId: string, serviceId: string, condition: Condition): void {
    const model = this.#present()
    feel(model, model.instance(model.environment(environmentId), serviceId), condition)
  }

  /** So many people a second look at a service from now on, over its first domain; 0: nobody. */
  setVisitors(environmentId: string, serviceId: string, perSecond: number): void {
    const model = this.#present()
    visit(model, model.instance(model.environment(environmentId), serviceId), perSecond > 0 ? perSecond : undefined)
  }

  /**
   * The api leaves jobs to the workers, on the queue connection that its container knows. Answers how many there are on it then;
   * while no api is live nothing is dispatched, and undefined is the answer.
   */
  dispatch(environmentId: string, queue: string, amount = 1): JobCounts | undefined {
    const model = this.#present()
    const api = webDeployment(model.environment(environmentId))
    return api && model.runtime.dispatch(api, queue, amount)
  }

  /** What runs of a service, or was tried last, prints rows of a known shape. Answers how many; throws where nothing was deployed. */
  say(environmentId: string, serviceId: string, speech: SpeechName): number {
    const model = this.#present()
    const { deployments, service } = model.instance(model.environment(environmentId), serviceId)
    const speaker = deployments.findLast(({ status }) => status === 'SUCCESS') ?? deployments.at(-1)
    if (speaker === undefined) throw new Error(`${service.name} was never deployed, so it prints nothing`)
    return model.runtime.say(speaker, speech)
  }

  /** What `act` makes is made by a person of that name. */
  inTheNameOf<Result>(name: string, act: () => Result): Result {
    const model = this.#present()
    return model.inTheNameOf({ id: model.id(), name }, act)
  }

  #present(): PlatformModel {
    this.#model.agenda.catchUp()
    return this.#model
  }
}

/** The service named api, or whichever is asked over HTTP. */
function webDeployment({ instances }: Environment): Deployment | undefined {
  const live = Array.from(instances.values()).flatMap(({ deployments }) => {
    const newest = deployments.findLast(({ status, origin }) => status === 'SUCCESS' && origin.kind === 'commit')
    return newest !== undefined && appProcess(newest).kind === 'web' ? [newest] : []
  })
  return live.find(({ instance }) => instance.service.name === 'api') ?? live[0]
}

function named<Thing extends { name: string }>(what: string, name: string, things: Iterable<Thing>): Thing {
  for (const thing of things) if (thing.name === name) return thing
  throw new Error(`There is no ${what} named ${name}`)
}
