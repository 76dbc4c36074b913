import type { Agenda } from '../agenda.ts'
import type { Print } from '../log-writer.ts'
import type { Deployment, Environment } from '../model.ts'
import { artisanTask } from './artisan-lines.ts'
import { feltCondition } from './felt-condition.ts'
import { isDraining, isRunning } from './is-running.ts'
import { exceptionLines } from './spoken-lines.ts'
import type { WorkerProcess } from './start-command.ts'

/** How long a job takes. */
const jobMs = 400
const hourMs = 60 * 60 * 1000

/** Jobs as the product counts them: what a worker has taken and not finished is pending too. */
export interface JobCounts {
  pending: number
  /** Of all connections, since ever: failed jobs are kept in the database. */
  failed: number
  failedInLastHour: number
}

interface Job {
  queue: string
  attempts: number
}

/** One run of the containers of a worker. */
interface Consumer {
  deployment: Deployment
  process: WorkerProcess
  isRunning: () => boolean
  startedAt: number
  /** Being worked on; one for each container at most. */
  taken: Job[]
  /** Does it look again by itself? */
  willLook: boolean
}

interface Jobs {
  /** By connection, and there by queue, the oldest first. */
  waiting: Map<string, Map<string, Job[]>>
  /** When each job that failed for good did so. */
  failedAt: number[]
  consumers: Consumer[]
}

/**
 * The jobs of each environment and the workers that empty its queues. What nobody reads stays where it is: a queue that no worker
 * names, or a connection that none of them is on. While no job waits for a worker nothing is on the agenda.
 */
export class Queues {
  readonly #agenda: Agenda
  readonly #print: Print
  readonly #byEnvironment = new WeakMap<Environment, Jobs>()

  constructor(agenda: Agenda, print: Print) {
    this.#agenda = agenda
    this.#print = print
  }

  counts(environment: Environment, connection: string): JobCounts {
    const { waiting, failedAt, consumers } = this.#jobs(environment)
    const sinceMs = this.#agenda.now() - hourMs
    const queued = Array.from(waiting.get(connection)?.values() ?? [], (jobs) => jobs.length)
    const taken = consumers.filter(({ process }) => process.connection === connection).map((one) => one.taken.length)
    return {
      pending: [...queued, ...taken].reduce((sum, amount) => sum + amount, 0),
      failed: failedAt.length,
      failedInLastHour: failedAt.filter((at) => at > sinceMs).length,
    }
  }

  /** On a connection named `sync` a job is done where it is dispatched, and nobody ever waits. */
  dispatch(environment: Environment, connection: string, queue: string, amount: number): void {
    if (connection === 'sync') return
    const jobs = this.#waitingIn(environment, connection, queue)
    for (let nth = 0; nth < amount; nth++) jobs.push({ queue, attempts: 0 })
    this.#wake(environment, connection, queue)
  }

  /** The containers of a worker have started: they look at once. */
  consume(deployment: Deployment, process: WorkerProcess): void {
    const { environment } = deployment.instance
    const jobs = this.#jobs(environment)
    for (const gone of jobs.consumers.filter((consumer) => !consumer.isRunning())) this.#giveBack(gone)
    const consumer: Consumer = {
      deployment,
      process,
      isRunning: isRunning(deployment),
      startedAt: this.#agenda.now(),
      taken: [],
      willLook: false,
    }
    jobs.consumers = [...jobs.consumers.filter((other) => other.isRunning()), consumer]
    this.#look(consumer)
  }

  /** An idle worker looks once in its `--sleep`. */
  #wake(environment: Environment, connection: string, queue: string): void {
    for (const consumer of this.#jobs(environment).consumers) {
      const { process, startedAt, willLook } = consumer
      if (willLook || process.connection !== connection || !process.queues.includes(queue)) continue
      if (!takesWork(consumer)) continue
      const sinceLook = process.sleepMs === 0 ? 0 : (this.#agenda.now() - startedAt) % process.sleepMs
      consumer.willLook = true
      this.#agenda.in(process.sleepMs - sinceLook, () => {
        consumer.willLook = false
        this.#look(consumer)
      })
    }
  }

  #look(consumer: Consumer): void {
    while (takesWork(consumer) && consumer.taken.length < consumer.deployment.instances.length) {
      const job = this.#next(consumer)
      if (job === undefined) return
      consumer.taken.push(job)
      this.#print(consumer.deployment, 'deploy', artisanTask(this.#agenda.now(), nameOf(job), 'RUNNING'))
      this.#agenda.in(jobMs, () => this.#finish(consumer, job))
    }
  }

  #next({ deployment, process }: Consumer): Job | undefined {
    const waiting = this.#jobs(deployment.instance.environment).waiting.get(process.connection)
    for (const queue of process.queues) {
      const job = waiting?.get(queue)?.shift()
      if (job !== undefined) return job
    }
    return undefined
  }

  #finish(consumer: Consumer, job: Job): void {
    // Given back already by whoever came after it.
    if (!consumer.taken.includes(job)) return
    if (!consumer.isRunning()) {
      this.#giveBack(consumer)
      return
    }
    const { deployment, process } = consumer
    const { environment } = deployment.instance
    consumer.taken = consumer.taken.filter((other) => other !== job)
    const now = this.#agenda.now()
    const isFailing = feltCondition(deployment, now).jobs === 'failing'
    this.#print(deployment, 'deploy', artisanTask(now, nameOf(job), isFailing ? 'FAIL' : 'DONE', jobMs))
    if (isFailing) {
      for (const { message, severity } of exceptionLines(now, failure)) {
        this.#print(deployment, 'deploy', message, severity)
      }
      job.attempts++
      if (job.attempts < process.tries) this.#waitingIn(environment, process.connection, job.queue).push(job)
      else this.#jobs(environment).failedAt.push(now)
    }
    this.#look(consumer)
  }

  /** What a worker had in hand when it went is there again for another one. */
  #giveBack(consumer: Consumer): void {
    const { deployment, process, taken } = consumer
    const { environment } = deployment.instance
    consumer.taken = []
    for (const job of taken.toReversed()) {
      this.#waitingIn(environment, process.connection, job.queue).unshift(job)
    }
    for (const { queue } of taken) this.#wake(environment, process.connection, queue)
  }

  #waitingIn(environment: Environment, connection: string, queue: string): Job[] {
    const { waiting } = this.#jobs(environment)
    const byQueue = waiting.get(connection) ?? new Map<string, Job[]>()
    const jobs = byQueue.get(queue) ?? []
    waiting.set(connection, byQueue.set(queue, jobs))
    return jobs
  }

  #jobs(environment: Environment): Jobs {
    const known = this.#byEnvironment.get(environment)
    if (known !== undefined) return known
    const none: Jobs = { waiting: new Map(), failedAt: [], consumers: [] }
    this.#byEnvironment.set(environment, none)
    return none
  }
}

function takesWork({ deployment, isRunning: isUp }: Consumer): boolean {
  return isUp() && !isDraining(deployment)
}

const failure = {
  message: 'Connection timed out after 30001 milliseconds',
  exception: 'Illuminate\\Http\\Client\\ConnectionException',
  file: '/app/app/Jobs/Job.php',
  line: 61,
}

const jobNames: Readonly<Partial<Record<string, string>>> = {
  default: 'SendInvoice',
  migration: 'ImportRows',
  banking: 'SyncBank',
}

/** The class of a job, by its queue. */
function nameOf({ queue }: Job): string {
  const words = queue.split(/[^a-zA-Z0-9]+/).filter(Boolean)
  const name = jobNames[queue] ?? `Work${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`
  return `App\\Jobs\\${name}`
}
