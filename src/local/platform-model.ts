import type { Clock } from '../kit/clock.ts'
import { Agenda } from './agenda.ts'
import { Backups } from './backups.ts'
import { Lifecycle } from './lifecycle.ts'
import { LogWriter } from './log-writer.ts'
import type {
  Deployment,
  Environment,
  Incident,
  Patch,
  Person,
  Project,
  ServiceInstance,
  VolumeInstance,
  Workspace,
} from './model.ts'
import { News } from './news.ts'
import { PlatformError } from './platform-error.ts'
import { Repositories, type RepositorySeed } from './repositories.ts'
import { type SimulatedRuntime, type SimulatedTiming, simulatedRuntime } from './runtime/simulated.ts'

export interface ModelOptions {
  clock: Clock
  repositories: readonly RepositorySeed[]
  timing: SimulatedTiming
  random: (bytes: number) => Uint8Array
  linesPerSecond: number
  /** Ends every wait for a slow answer. */
  stopping?: AbortSignal
}

/** Everything the platform knows, with the look-ups that answer in its own words when something is not there. */
export class PlatformModel {
  readonly agenda: Agenda
  readonly news = new News()
  readonly backups: Backups
  readonly logs: LogWriter
  readonly runtime: SimulatedRuntime
  readonly lifecycle: Lifecycle
  readonly repositories: Repositories
  readonly workspace: Workspace
  readonly projects = new Map<string, Project>()
  /** In the order in which they were made. */
  readonly deployments = new Map<string, Deployment>()
  /** Of every environment, by the id of the patch; staged ones too. */
  readonly patches = new Map<string, Patch>()
  incident: Incident | undefined
  readonly #environments = new Map<string, Environment>()
  #actor: Person | undefined
  readonly #random: (bytes: number) => Uint8Array

  constructor({ clock, repositories, timing, random, linesPerSecond, stopping }: ModelOptions) {
    this.#random = random
    this.agenda = new Agenda(clock)
    this.backups = new Backups(this.agenda, () => this.id())
    this.logs = new LogWriter({ agenda: this.agenda, news: this.news, linesPerSecond })
    this.runtime = simulatedRuntime({
      agenda: this.agenda,
      timing,
      print: this.logs.print,
      pause: (ms) => clock.sleep(ms, stopping),
      id: () => this.id(),
    })
    this.lifecycle = new Lifecycle({
      agenda: this.agenda,
      runtime: this.runtime,
      news: this.news,
      print: this.logs.announce,
      id: () => this.id(),
    })
    this.repositories = new Repositories(repositories, random)
    this.workspace = { id: this.id(), name: 'Rehearsal' }
  }

  /** A new UUID. */
  id(): string {
    const hex = this.hex(16)
    const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4]
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
  }

  hex(bytes: number): string {
    return Buffer.from(this.#random(bytes)).toString('hex')
  }

  /** Who makes what is made now; undefined: nobody, a push say. */
  get actor(): Person | undefined {
    return this.#actor
  }

  /** What `act` makes before it returns is made by this person. */
  inTheNameOf<Result>(person: Person | undefined, act: () => Result): Result {
    this.#actor = person
    try {
      return act()
    } finally {
      this.#actor = undefined
    }
  }

  remember(environment: Environment): void {
    environment.project.environments.set(environment.id, environment)
    this.#environments.set(environment.id, environment)
    this.patches.set(environment.staged.id, environment.staged)
  }

  /** With all that is in it. What ran there is removed first. */
  forget(environment: Environment): void {
    for (const { deployments } of environment.instances.values()) {
      for (const deployment of deployments) this.lifecycle.remove(deployment)
    }
    environment.project.environments.delete(environment.id)
    this.#environments.delete(environment.id)
    this.news.tellEnd(environment)
  }

  environments(): Iterable<Environment> {
    return this.#environments.values()
  }

  project(id: string): Project {
    return this.projects.get(id) ?? missing('Project')
  }

  environment(id: string): Environment {
    return this.#environments.get(id) ?? missing('Environment')
  }

  instance(environment: Environment, serviceId: string): ServiceInstance {
    return environment.instances.get(serviceId) ?? missing('ServiceInstance')
  }

  /** A volume in one environment, by the id that it has there. */
  volumeInstance(id: string): { environment: Environment; volume: VolumeInstance } {
    for (const environment of this.#environments.values()) {
      for (const volume of environment.volumeInstances.values()) if (volume.id === id) return { environment, volume }
    }
    return missing('VolumeInstance')
  }

  /** The instance that follows a branch by this trigger. */
  followerBy(triggerId: string): ServiceInstance {
    for (const { instances } of this.#environments.values()) {
      for (const instance of instances.values()) if (instance.trigger?.id === triggerId) return instance
    }
    return missing('DeploymentTrigger')
  }

  deployment(id: string): Deployment {
    return this.deployments.get(id) ?? missing('Deployment')
  }

  patch(id: string): Patch {
    return this.patches.get(id) ?? missing('Patch')
  }
}

function missing(what: string): never {
  throw new PlatformError(`${what} not found`)
}
