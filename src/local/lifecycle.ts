import type { DeploymentEventStep, DeploymentStatus } from '../contract/types.ts'
import type { Agenda } from './agenda.ts'
import { Containers } from './containers.ts'
import type { Print } from './log-writer.ts'
import type { Deployment, DeploymentEvent, Origin } from './model.ts'
import type { News } from './news.ts'
import { replicasOf } from './patches.ts'
import type { End, Runtime } from './runtime/runtime.ts'

const inProgress: readonly DeploymentStatus[] = ['INITIALIZING', 'QUEUED', 'WAITING', 'BUILDING', 'DEPLOYING']

const probeEveryMs = 1_000
const defaultHealthcheckSeconds = 300

const buildSteps: readonly DeploymentEventStep[] = ['SNAPSHOT_CODE', 'BUILD_IMAGE', 'PUBLISH_IMAGE']

interface LifecycleNeeds {
  agenda: Agenda
  runtime: Runtime
  news: News
  print: Print
  id: () => string
}

export function isInProgress(deployment: Deployment): boolean {
  return inProgress.includes(deployment.status)
}

/**
 * Takes deployments from step to step: INITIALIZING, BUILDING, QUEUED while another one of its batch is awaited, DEPLOYING
 * (pre-deploy, container, health check), SUCCESS. The one before serves until then, unless the two would share a volume.
 */
export class Lifecycle {
  readonly #agenda: Agenda
  readonly #runtime: Runtime
  readonly #containers: Containers
  readonly #news: News
  readonly #print: Print
  readonly #id: () => string
  readonly #waiting = new Map<Deployment, (() => void)[]>()

  constructor({ agenda, runtime, news, print, id }: LifecycleNeeds) {
    this.#agenda = agenda
    this.#runtime = runtime
    this.#containers = new Containers(agenda, runtime)
    this.#news = news
    this.#print = print
    this.#id = id
  }

  /** Starts a new deployment of its service; an older one still on its way is removed. */
  begin(deployment: Deployment): void {
    for (const older of deployment.instance.deployments) {
      if (older !== deployment && isInProgress(older)) this.remove(older, 'superseded by a newer deployment')
    }
    const { origin } = deployment
    this.#print(deployment, 'build', firstWords(origin))
    this.#step(
      deployment,
      'SNAPSHOT_CODE',
      (end) => this.#runtime.fetchCode(deployment, end),
      () => {
        if (deployment.builds) this.#build(deployment)
        else this.#awaitOthers(deployment)
      },
    )
  }

  /** Starts the containers of a live or crashed deployment again, from the same image with the same variables. */
  restart(deployment: Deployment): void {
    deployment.restarts = 0
    this.#containers.halt(deployment, 'RESTARTING')
    this.#start(deployment, () => {
      deployment.stopped = false
      this.#become(deployment, 'SUCCESS')
    })
  }

  /** Ends it, whatever it was doing. */
  remove(deployment: Deployment, reason?: string): void {
    if (deployment.status === 'REMOVED') return
    for (const event of deployment.events)
      if (event.completedAt === undefined) this.#close(deployment, event, { reason })
    this.#containers.halt(deployment, 'REMOVED')
    this.#end(deployment, 'REMOVED')
  }

  /** Puts it into a status from outside, where it stays. */
  force(deployment: Deployment, status: DeploymentStatus): void {
    for (const event of deployment.events) if (event.completedAt === undefined) this.#close(deployment, event, {})
    deployment.run++
    this.#end(deployment, status)
  }

  /** More or fewer containers of the same image. */
  scale(deployment: Deployment, replicas: number): void {
    const status = deployment.instances[0]?.status ?? 'RUNNING'
    deployment.instances.length = Math.min(deployment.instances.length, replicas)
    while (deployment.instances.length < replicas) deployment.instances.push({ id: this.#id(), status })
  }

  #build(deployment: Deployment): void {
    this.#become(deployment, 'BUILDING')
    this.#step(
      deployment,
      'BUILD_IMAGE',
      (end) => this.#runtime.build(deployment, end),
      () =>
        this.#step(
          deployment,
          'PUBLISH_IMAGE',
          (end) => end(),
          () => this.#awaitOthers(deployment),
        ),
    )
  }

  #awaitOthers(deployment: Deployment): void {
    const awaited = deployment.waitsFor.filter(isInProgress)
    if (awaited.length === 0) {
      this.#deploy(deployment)
      return
    }
    this.#become(deployment, 'QUEUED')
    const work = (end: End) => {
      let left = awaited.length
      const oneEnded = () => {
        left--
        if (left === 0) end()
      }
      for (const other of awaited) this.#waiting.set(other, [...(this.#waiting.get(other) ?? []), oneEnded])
    }
    this.#step(deployment, 'WAIT_FOR_DEPENDENCIES', work, () => this.#deploy(deployment))
  }

  #deploy(deployment: Deployment): void {
    this.#become(deployment, 'DEPLOYING')
    const command = deployment.settings.deploy?.preDeployCommand ?? []
    const commands = typeof command === 'string' ? [command] : command
    if (commands.length === 0) {
      this.#createContainer(deployment)
      return
    }
    this.#step(
      deployment,
      'PRE_DEPLOY_COMMAND',
      (end) => this.#runtime.preDeploy(deployment, commands.join(' && '), end),
      () => this.#createContainer(deployment),
    )
  }

  #createContainer(deployment: Deployment): void {
    if (Object.keys(deployment.settings.volumeMounts ?? {}).length > 0) this.#takeVolume(deployment)
    deployment.instances = Array.from({ length: replicasOf(deployment.settings) }, () => ({
      id: this.#id(),
      status: 'CREATED' as const,
    }))
    this.#step(
      deployment,
      'CREATE_CONTAINER',
      (end) => this.#start(deployment, end),
      () => this.#checkHealth(deployment),
    )
  }

  #checkHealth(deployment: Deployment): void {
    const { healthcheckPath: path, healthcheckTimeout } = deployment.settings.deploy ?? {}
    if (!path) {
      this.#succeed(deployment)
      return
    }
    const seconds =
      healthcheckTimeout ?? (Number(deployment.variables.RAILWAY_HEALTHCHECK_TIMEOUT_SEC) || defaultHealthcheckSeconds)
    const deadline = this.#agenda.now() + seconds * 1000
    const work = (end: End) => {
      const attempt = () => {
        if (!isInProgress(deployment)) return
        const judge = (status: number | undefined) => {
          const left = deadline - this.#agenda.now()
          if (status === 200) end()
          else if (left <= 0)
            end(`${path} did not answer 200 within ${seconds} s, the last answer was ${status ?? 'none'}`)
          else this.#agenda.in(Math.min(probeEveryMs, left), attempt)
        }
        if (deployment.instances.some(({ status }) => status === 'RUNNING'))
          this.#runtime.probe(deployment, path, judge)
        else judge(undefined)
      }
      attempt()
    }
    this.#step(deployment, 'HEALTHCHECK', work, () => this.#succeed(deployment))
  }

  #succeed(deployment: Deployment): void {
    deployment.wasLive = true
    this.#end(deployment, 'SUCCESS')
    for (const older of deployment.instance.deployments) {
      if (older === deployment) continue
      if (older.status === 'CRASHED' || older.gaveUpVolume) this.remove(older)
      else if (older.status === 'SUCCESS' || older.status === 'SLEEPING') this.#retire(older)
    }
  }

  /** Both serve for the overlap; then the old one has its draining time before it is killed. */
  #retire(old: Deployment): void {
    const { overlapSeconds, drainingSeconds } = old.settings.deploy ?? {}
    const overlapMs = milliseconds(overlapSeconds, old.variables.RAILWAY_DEPLOYMENT_OVERLAP_SECONDS)
    const drainingMs = milliseconds(drainingSeconds, old.variables.RAILWAY_DEPLOYMENT_DRAINING_SECONDS)
    const kill = () => this.remove(old)
    const drain = () => {
      if (drainingMs === 0) return kill()
      if (old.status === 'REMOVED') return
      this.#become(old, 'REMOVING')
      this.#agenda.in(drainingMs, kill)
    }
    if (overlapMs === 0) drain()
    else this.#agenda.in(overlapMs, drain)
  }

  /** Two deployments never have the same volume: the old one stops before the new one starts. */
  #takeVolume(deployment: Deployment): void {
    for (const old of deployment.instance.deployments) {
      if (old === deployment || old.status !== 'SUCCESS' || old.gaveUpVolume) continue
      old.gaveUpVolume = true
      this.#containers.halt(old, 'STOPPED')
    }
  }

  #returnVolume(deployment: Deployment): void {
    for (const old of deployment.instance.deployments) {
      if (old === deployment || !old.gaveUpVolume || old.status !== 'SUCCESS') continue
      old.gaveUpVolume = false
      this.#start(old, () => {})
    }
  }

  #start(deployment: Deployment, started: () => void): void {
    this.#print(deployment, 'deploy', 'Starting container')
    this.#containers.start(deployment, started, (code) => {
      this.#print(deployment, 'deploy', `Container exited with code ${code}`, code === 0 ? 'info' : 'error')
      const open = deployment.events.findLast((event) => event.completedAt === undefined)
      if (isInProgress(deployment)) {
        if (open !== undefined) this.#fail(deployment, open, `The container exited with code ${code}`)
        return
      }
      deployment.stopped = true
      if (code !== 0) this.#become(deployment, 'CRASHED')
    })
  }

  #fail(deployment: Deployment, event: DeploymentEvent, error: string): void {
    this.#close(deployment, event, { error })
    this.#print(deployment, buildSteps.includes(event.step) ? 'build' : 'deploy', error, 'error')
    this.#containers.halt(deployment, 'STOPPED')
    this.#end(deployment, 'FAILED')
    this.#returnVolume(deployment)
  }

  #step(deployment: Deployment, step: DeploymentEventStep, work: (end: End) => void, next: () => void): void {
    const event: DeploymentEvent = {
      id: this.#id(),
      step,
      createdAt: this.#agenda.now(),
      completedAt: undefined,
      error: undefined,
      reason: undefined,
    }
    deployment.events.push(event)
    this.#news.tell(deployment, { kind: 'event', event })
    work((error) => {
      if (event.completedAt !== undefined || !isInProgress(deployment)) return
      if (error !== undefined) return this.#fail(deployment, event, error)
      this.#close(deployment, event, {})
      next()
    })
  }

  #close(
    deployment: Deployment,
    event: DeploymentEvent,
    { error, reason }: { error?: string; reason?: string | undefined },
  ): void {
    event.completedAt = this.#agenda.now()
    event.error = error
    event.reason = reason
    this.#news.tell(deployment, { kind: 'event', event })
  }

  #become(deployment: Deployment, status: DeploymentStatus): void {
    if (deployment.status === status) return
    deployment.status = status
    deployment.statusUpdatedAt = this.#agenda.now()
    this.#news.tell(deployment, { kind: 'status' })
  }

  #end(deployment: Deployment, status: DeploymentStatus): void {
    deployment.stopped = status === 'REMOVED' || status === 'FAILED' || status === 'CRASHED'
    if (status === 'REMOVED') deployment.removedAt = this.#agenda.now()
    this.#become(deployment, status)
    const waiting = this.#waiting.get(deployment) ?? []
    this.#waiting.delete(deployment)
    for (const proceed of waiting) proceed()
  }
}

function milliseconds(setting: unknown, variable: string | undefined): number {
  const seconds = typeof setting === 'number' ? setting : Number(variable)
  return seconds > 0 ? seconds * 1000 : 0
}

function firstWords(origin: Origin): string {
  if (origin.kind === 'image') return `Pulling ${origin.image}`
  if (origin.kind === 'upload') return 'Unpacking archive'
  return `Cloning ${origin.repository} at ${origin.commit.sha}`
}
