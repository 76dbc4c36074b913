import type { Agenda } from '../agenda.ts'
import type { Print } from '../log-writer.ts'
import type { Deployment } from '../model.ts'
import { artisanInfo, artisanTask } from './artisan-lines.ts'
import { feltCondition, readVariables } from './felt-condition.ts'
import { isDraining, isRunning } from './is-running.ts'
import type { Queues } from './queues.ts'
import { queueConnection } from './start-command.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** After a jump of the clock so much is told minute by minute, and of the time before it only the minutes in which something ran. */
const toldInFullMs = hourMs
const toldAtAllMs = 48 * hourMs
/** The banks that are synchronised, one job each. */
const banks = 2

interface ScheduledJob {
  /** As the product describes it. */
  name: string
  command: string
  /** Of the day, in UTC; undefined means every hour. */
  hour: number | undefined
  /** The flag without which it is not scheduled. */
  flag?: string
  /** What it leaves to the workers. */
  queue?: string
}

const scheduledJobs: readonly ScheduledJob[] = [
  {
    name: 'Bank sync',
    command: 'bank:sync',
    hour: undefined,
    flag: 'FEATURE_PSD2_BANKING',
    queue: 'banking',
  },
  { name: 'Commission calculations', command: 'commissions:calculate', hour: 2 },
  { name: 'Certificate expiry check', command: 'certificates:check-expiry', hour: 8 },
]

/**
 * `schedule:work`: looks every minute what is due, and tells it as artisan does, once for each container, for two schedulers run
 * everything twice. A clock that jumps a month costs no more than one that jumps two days.
 */
export function runSchedule(deployment: Deployment, { agenda, print, queues }: SchedulerNeeds): void {
  const isUp = isRunning(deployment)
  const planAfter = (minute: number) => {
    agenda.in(nextTold(deployment, minute, agenda.present()) - agenda.now(), tick)
  }
  const tick = () => {
    if (!isUp() || isDraining(deployment)) return
    const minute = agenda.now()
    for (const _ of deployment.instances) runOnce(deployment, minute, { print, queues })
    planAfter(minute)
  }
  print(deployment, 'deploy', artisanInfo('Running scheduled tasks.'))
  planAfter(agenda.now() - (agenda.now() % minuteMs))
}

interface SchedulerNeeds {
  agenda: Agenda
  print: Print
  queues: Queues
}

function runOnce(deployment: Deployment, minute: number, { print, queues }: Omit<SchedulerNeeds, 'agenda'>): void {
  const { environment } = deployment.instance
  const due = dueAt(deployment, minute)
  print(deployment, 'deploy', artisanTask(minute, "Running ['artisan' schedule:run]", 'RUNNING'))
  if (due.length === 0) print(deployment, 'deploy', artisanInfo('No scheduled commands are ready to run.'))
  for (const { name, command, queue } of due) {
    print(deployment, 'deploy', artisanTask(minute, `Running [${name}]`, 'DONE', 412))
    print(deployment, 'deploy', `  ⇂ 'artisan' ${command} > '/dev/null' 2>&1`)
    if (queue !== undefined) queues.dispatch(environment, queueConnection(deployment.variables), queue, banks)
  }
}

/** The next minute that is told: while the present is far away, minutes without anything to run are left out. */
function nextTold(deployment: Deployment, minute: number, present: number): number {
  const next = minute + minuteMs
  const inFullFrom = floor(present - toldInFullMs, minuteMs)
  if (next >= inFullFrom) return next
  const from = Math.max(next, floor(present - toldAtAllMs, minuteMs))
  for (let hour = floor(from + hourMs - 1, hourMs); hour < inFullFrom; hour += hourMs) {
    if (dueAt(deployment, hour).length > 0) return hour
  }
  return inFullFrom
}

/** All of them are due on the hour. */
function dueAt(deployment: Deployment, minute: number): ScheduledJob[] {
  if (minute % hourMs !== 0 || feltCondition(deployment, minute).scheduledTasks === 'none') return []
  const now = new Date(minute).getUTCHours()
  return scheduledOf({ variables: readVariables(deployment, minute) }).filter(
    ({ hour }) => hour === undefined || hour === now,
  )
}

/** What the product schedules with these variables. */
export function scheduledOf({ variables }: Pick<Deployment, 'variables'>): ScheduledJob[] {
  return scheduledJobs.filter(({ flag }) => flag === undefined || variables[flag] === 'true')
}

function floor(time: number, step: number): number {
  return time - (time % step)
}
