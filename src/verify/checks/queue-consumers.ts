import type { Worker } from '../../config/watched.ts'
import { listed } from '../../kit/text.ts'
import { liveDeployment } from '../../plan/plan-deployments.ts'
import { type Asked, aside, type CheckResult, failed, passed, skipped, unknown } from '../check.ts'
import { type CheckSubject, isChosen, observedService } from '../check-subject.ts'
import type { Check } from '../check-tools.ts'
import { type QueueCommand, queueCommands } from '../queue-command.ts'
import { isFlagOn, storedValue } from '../stored-value.ts'

/** Does a worker that runs read every queue that somebody fills, on the connection that they fill it on? */
export const queueConsumers: Check = async (subject) => {
  const workers = subject.watched.workers.filter(({ service }) => isChosen(subject, service))
  if (workers.length === 0) return []
  // Of all workers: a queue of one that is asked about may be read by another.
  const consumed = new Map(subject.watched.workers.map(({ service }) => [service, readBy(subject, service)]))
  return [
    ...unconsumed(subject, workers, consumed),
    ...workers.flatMap((worker) => connections(subject, worker, consumed.get(worker.service))),
  ]
}

/** What a worker reads: nothing where none runs, or where its command works on no queue. `untold`: a script, or nothing, says so. */
function readBy(subject: CheckSubject, service: string): QueueCommand[] | 'untold' {
  const observed = observedService(subject, service)
  const live = liveDeployment(observed)
  if (live === undefined || live.runningInstances === 0 || live.isStopped) return []
  const start = live.settings?.startCommand ?? observed?.settings.startCommand ?? ''
  const commands = queueCommands(start)
  return commands.length === 0 && !/\bartisan (?!horizon)/.test(start) ? 'untold' : commands
}

function unconsumed(
  subject: CheckSubject,
  workers: readonly Worker[],
  consumed: ReadonlyMap<string, QueueCommand[] | 'untold'>,
): CheckResult[] {
  const asked: Asked = { check: 'queues-consumed', service: workers[0]?.service ?? '' }
  const ofFlags = subject.watched.queuesOfFlags.filter(({ flag }) =>
    workers.some(({ service }) => isFlagOn(subject.state, service, flag) === true),
  )
  const wanted = [...new Set([...workers.flatMap(({ queues }) => queues), ...ofFlags.map(({ queue }) => queue)])]
  const commands = [...consumed.values()].flatMap((read) => (read === 'untold' ? [] : read))
  const read = new Set(commands.flatMap(({ queues }) => queues))
  const orphans = wanted.filter((queue) => !read.has(queue))
  if (orphans.length === 0) return [passed(asked)]
  const untold = [...consumed].flatMap(([service, said]) => (said === 'untold' ? [service] : []))
  if (untold.length > 0) {
    const result = unknown(asked, {
      code: 'queue-consumers-unknown',
      message: `Whether anybody works on ${listed(orphans)} is not known: the start command of ${listed(untold)} does not name its queues.`,
      evidence: { queues: orphans.join(', '), read: [...read].filter(isName).join(', ') || null },
    })
    return [aside(result)]
  }
  const [first = ''] = orphans
  const flags = ofFlags.filter(({ queue }) => orphans.includes(queue)).map(({ flag }) => flag.name)
  return [
    failed(asked, {
      code: 'queue-not-consumed',
      message: `Nobody works on ${orphans.length === 1 ? `the queue ${first}` : `the queues ${listed(orphans)}`}: no worker that runs reads ${orphans.length === 1 ? 'it' : 'them'}, so the jobs wait for ever${flags.length === 0 ? '' : `; ${listed(flags)} ${flags.length === 1 ? 'needs' : 'need'} it`}.`,
      evidence: { queues: orphans.join(', '), read: [...read].filter(isName).join(', ') || null },
      fix: `Start a worker with --queue=${wanted.join(',')}, or run: fakturino deploy`,
    }),
  ]
}

/** The connections that exist by name; anything else may be a secret at the wrong place, and is not shown. */
const connectionNames = ['sync', 'database', 'redis', 'sqs', 'beanstalkd', 'null', 'deferred', 'background', 'failover']

function connections(
  subject: CheckSubject,
  { service, dispatchers }: Worker,
  commands: readonly QueueCommand[] | 'untold' = [],
): CheckResult[] {
  const asked: Asked = { check: 'queue-connection', service }
  if (commands === 'untold') return [skipped(asked, `the start command of ${service} does not name its queues`)]
  if (commands.length === 0) return [skipped(asked, `no worker of ${service} runs`)]
  const own = storedValue(subject.state, service, 'QUEUE_CONNECTION')
  const reads = new Set(commands.map(({ connection }) => connection ?? (own.kind === 'known' ? own.value : undefined)))
  return dispatchers.flatMap((dispatcher) => {
    const fills = storedValue(subject.state, dispatcher, 'QUEUE_CONNECTION')
    if (fills.kind !== 'known' || reads.has(undefined)) {
      const result = unknown(asked, {
        code: 'queue-connection-unknown',
        message: `Whether ${service} reads the connection that ${dispatcher} fills is not known: ${fills.kind === 'absent' ? `${dispatcher} has no QUEUE_CONNECTION` : 'QUEUE_CONNECTION is not shown or not set'}.`,
        evidence: { variable: 'QUEUE_CONNECTION' },
      })
      return [aside(result)]
    }
    if (reads.has(fills.value)) return [passed(asked)]
    const read = listed([...reads].map((name) => shown(name ?? '')))
    return [
      failed(asked, {
        code: 'queue-connection-differs',
        message:
          fills.value === 'sync'
            ? `${dispatcher} does every job itself, while somebody waits (sync), and ${service} reads ${read}: no job ever gets there.`
            : `${dispatcher} fills the queues of ${shown(fills.value)} and ${service} reads those of ${read}: no job is ever worked on.`,
        evidence: { [dispatcher]: shown(fills.value), [service]: read },
        fix: `Give both the same QUEUE_CONNECTION and let the start command of ${service} name it; run: fakturino plan`,
      }),
    ]
  })
}

function shown(connection: string): string {
  return connectionNames.includes(connection) ? connection : 'another connection'
}

/** Names of queues that a running command holds come from outside. */
function isName(queue: string): boolean {
  return /^[\w.:-]{1,40}$/.test(queue)
}
