import type { Scheduler } from '../../config/watched.ts'
import { listed } from '../../kit/text.ts'
import { millisecondsOf } from '../../logs/log-time.ts'
import { liveDeployment } from '../../plan/plan-deployments.ts'
import type { DeploymentId, ServiceId } from '../../platform/ids.ts'
import type { LogRow } from '../../platform/log-row.ts'
import { type Asked, aside, type CheckResult, failed, passed, skipped, unknown } from '../check.ts'
import { type CheckSubject, isChosen, observedService, offReason } from '../check-subject.ts'
import type { Check, CheckTools } from '../check-tools.ts'
import type { Read, RowsSince } from '../readings.ts'
import { isOfJob, periodMs, type SaidSchedule, type ScheduleLine, saidSchedule } from '../schedule-lines.ts'
import { isFlagOn } from '../stored-value.ts'

/** Does the scheduler look every minute what is due, and did it start every job that it is there for? */
export const scheduler: Check = async (subject, tools) => {
  const schedulers = subject.watched.schedulers.filter(({ service }) => isChosen(subject, service))
  return (await Promise.all(schedulers.map((one) => judged(one, subject, tools)))).flat()
}

async function judged(wanted: Scheduler, subject: CheckSubject, tools: CheckTools): Promise<CheckResult[]> {
  const { service } = wanted
  const observed = observedService(subject, service)
  const live = liveDeployment(observed)
  const looks: Asked = { check: 'scheduler-looks', service }
  const jobs: Asked = { check: 'scheduled-jobs', service }
  if (observed === undefined || live === undefined || live.runningInstances === 0) {
    return [looks, jobs].map((asked) => skipped(asked, `no instance of ${service} runs`))
  }
  const { now, timing } = tools
  const { schedulerSilentMs } = timing.check
  // A build may take longer than a scheduler may be silent.
  const since = Math.max(live.createdAt, live.statusSince ?? 0)
  const recent = await recentLines(observed.id, live.id, tools)
  const results: CheckResult[] = []
  if ('why' in recent) results.push(notRead(looks, recent.why))
  else results.push(judgeLooks(looks, saidSchedule(recent.value), { now, since, schedulerSilentMs }))
  if (now - since < schedulerSilentMs) return [...results, skipped(jobs, `${service} was started just now`)]
  const started = await tools.readings.startedRows(observed.id, live.id)
  if ('why' in started) return [...results, notRead(jobs, started.why)]
  const lines = linesOf(started.value.rows.filter(({ serviceId }) => serviceId === observed.id))
  const said = saidSchedule(lines)
  if (said.lastLookAt === undefined) return [...results, aside(unseen(jobs))]
  const oldest = lines.reduce((least, { at }) => Math.min(least, at), live.createdAt)
  // However long it runs, what its log does not reach back to is not known.
  const begin = Math.max(started.value.from, oldest)
  const asked = wanted.jobs.map(({ flag, ...job }) => ({
    ...job,
    ...(flag !== undefined && isFlagOn(subject.state, service, flag) === false ? { off: offReason(flag) } : {}),
  }))
  return [...results, ...judgeJobs(jobs, said, asked, now - begin)]
}

/** What a deployment printed lately: what the one before it did says nothing of this one. */
async function recentLines(
  serviceId: ServiceId,
  deploymentId: DeploymentId,
  { readings, now, timing }: CheckTools,
): Promise<Read<ScheduleLine[]>> {
  const ofThis = ({ rows }: RowsSince) =>
    linesOf(
      rows.filter(
        (row) => row.serviceId === serviceId && (row.deploymentId === undefined || row.deploymentId === deploymentId),
      ),
    )
  const silentFrom = now - timing.check.schedulerSilentMs
  const read = await readings.recentRows()
  if ('why' in read) return read
  const lines = ofThis(read.value)
  if (read.value.from <= silentFrom || saidSchedule(lines).lastLookAt !== undefined) return { value: lines }
  const own = await readings.rowsOf(serviceId, silentFrom)
  return 'why' in own ? own : { value: ofThis(own.value) }
}

function linesOf(rows: readonly LogRow[]): ScheduleLine[] {
  return rows.map(({ message, time }) => ({ at: millisecondsOf(time), message }))
}

function unseen(asked: Asked): CheckResult {
  return unknown(asked, {
    code: 'schedule-unseen',
    message: `Which jobs ${asked.service} started is not known: its log of a day does not tell of a single look.`,
  })
}

function notRead(asked: Asked, why: string): CheckResult {
  return unknown(asked, {
    code: 'log-not-read',
    message: `What ${asked.service} started is not known: its log could not be read. ${why}`,
  })
}

/** Pure. Times are milliseconds. */
export function judgeLooks(
  asked: Asked,
  { lastLookAt, isEmpty }: SaidSchedule,
  { now, since, schedulerSilentMs }: { now: number; since: number; schedulerSilentMs: number },
): CheckResult {
  const { service } = asked
  if (isEmpty) return nothingRegistered(asked, { said: 'No scheduled tasks have been defined.' })
  if (lastLookAt !== undefined && now - lastLookAt <= schedulerSilentMs) return passed(asked)
  if (now - since < schedulerSilentMs) return skipped(asked, `${service} was started just now`)
  const minutes = Math.round(schedulerSilentMs / 60_000)
  return failed(asked, {
    code: 'scheduler-silent',
    message: `${service} is live and has not looked for ${minutes} min what is due: no schedule:run is in its log, and nothing is started by the clock.`,
    evidence: { lastLook: lastLookAt === undefined ? null : new Date(lastLookAt).toISOString() },
    fix: `Run: fakturino restart ${service}`,
  })
}

/** @param coveredMs how far back the lines reach */
export function judgeJobs(
  asked: Asked,
  { started, isEmpty }: SaidSchedule,
  jobs: readonly { job: string; when: string; off?: string }[],
  coveredMs: number,
): CheckResult[] {
  if (isEmpty) return [nothingRegistered(asked, { said: 'No scheduled tasks have been defined.' })]
  const wanted = jobs.filter(({ off }) => off === undefined)
  const absent = wanted.filter(({ job }) => !started.some(({ name }) => isOfJob(name, job)))
  const missed = absent.filter(({ when }) => coveredMs >= periodMs(when))
  const undecided = absent.filter((job) => !missed.includes(job))
  const [first] = jobs
  if (wanted.length === 0) return [skipped(asked, first?.off ?? 'it has no job')]
  if (missed.length > 0 && missed.length === wanted.length && started.length === 0) {
    return [nothingRegistered(asked, { jobs: missed.map(({ job }) => job).join(', ') })]
  }
  const hours = Math.floor(coveredMs / 3_600_000)
  return [
    ...(missed.length === 0
      ? []
      : [
          failed(asked, {
            code: 'scheduled-job-absent',
            severity: 'advisory',
            message: `${asked.service} did not start ${listed(missed.map(({ job, when }) => `${job} (${when})`))} when it was due, by its log of the last ${hours} h.`,
            evidence: { absent: missed.map(({ job }) => job).join(', '), hours },
            fix: `Compare the schedule of the application with services.${asked.service}.schedule of the config.`,
          }),
        ]),
    ...(undecided.length === 0
      ? []
      : [
          aside(
            unknown(asked, {
              code: 'scheduled-job-unseen',
              message: `Whether ${asked.service} starts ${listed(undecided.map(({ job, when }) => `${job} (${when})`))} is not known yet: its log reaches back ${hours} h only.`,
              evidence: { unseen: undecided.map(({ job }) => job).join(', '), hours },
            }),
          ),
        ]),
    ...(absent.length === 0 ? [passed(asked)] : []),
  ]
}

function nothingRegistered(asked: Asked, evidence: Record<string, string | boolean>): CheckResult {
  return failed(asked, {
    code: 'no-task-registered',
    message: `${asked.service} looks and finds nothing to start: no task is registered. An application that was not installed where it runs registers none.`,
    evidence,
    fix: `Look whether ${asked.service} has what the installation leaves behind, such as storage/app/database_created.`,
  })
}
