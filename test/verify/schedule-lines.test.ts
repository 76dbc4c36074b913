import { describe, expect, it } from 'vitest'
import { judgeJobs, judgeLooks } from '../../src/verify/checks/scheduler.ts'
import { isOfJob, periodMs, saidSchedule } from '../../src/verify/schedule-lines.ts'

const minute = 60_000
const hour = 60 * minute
const lines = (...messages: string[]) => messages.map((message, index) => ({ at: index * minute, message }))

const look = "  2026-11-03 09:00:00 Running ['artisan' schedule:run] ............... RUNNING"
const idle = '   INFO  No scheduled commands are ready to run.'
const bank = '  2026-11-03 09:00:00 Running [Bank sync] ............... 412.00ms DONE'
const certificates = "  2026-11-03 08:00:00 Running ['artisan' certificates:check-expiry] .. 80.10ms DONE"

describe('the lines of a scheduler', () => {
  it('tell when it looked last and what it started', () => {
    expect(saidSchedule(lines(look, idle, look, bank, certificates, 'something else'))).toEqual({
      lastLookAt: 4 * minute,
      started: [
        { at: 3 * minute, name: 'Bank sync' },
        { at: 4 * minute, name: "'artisan' certificates:check-expiry" },
      ],
      isEmpty: false,
    })
    expect(saidSchedule([])).toEqual({ lastLookAt: undefined, started: [], isEmpty: false })
    expect(saidSchedule(lines('   INFO  No scheduled commands have been defined.')).isEmpty).toBe(true)
  })

  it.each<[name: string, job: string, is: boolean]>([
    ['Bank sync', 'Bank sync', true],
    ["'artisan' bank:sync", 'Bank sync', true],
    ["'artisan' certificates:check-expiry", 'Certificate expiry check', true],
    ["'artisan' commissions:calculate", 'Commission calculations', true],
    ["'artisan' backup:run --only-db", 'Bank sync', false],
    ["'artisan' bank:reconcile", 'Bank sync', false],
    ['anything', '', false],
  ])('%s is %s: %s', (name, job, is) => {
    expect(isOfJob(name, job)).toBe(is)
  })
})

describe('how far a log has to reach back', () => {
  it.each<[when: string, hours: number]>([
    ['hourly', 1.1],
    ['hourly, at minute 5', 1.1],
    ['every hour', 1.1],
    ['every 6 hours', 6.6],
    ['daily', 25],
    ['nightly', 25],
    ['daily at 02:00', 25],
    ['02:00', 25],
    ['every night', 25],
    ['every minute', 1 / 6],
    ['every 5 minutes', 1 / 6],
    ['every 30 minutes', 0.55],
    ['weekly', Number.POSITIVE_INFINITY],
    ['on Mondays at 02:00', Number.POSITIVE_INFINITY],
    ['monthly, on the first day', Number.POSITIVE_INFINITY],
    ['when it is needed', Number.POSITIVE_INFINITY],
  ])('%s: %d hours', (when, hours) => {
    expect(periodMs(when) / hour).toBeCloseTo(hours)
  })
})

describe('whether it looks', () => {
  const asked = { check: 'scheduler-looks', service: 'scheduler' }
  const judged = (said: Partial<ReturnType<typeof saidSchedule>>, since: number, now = hour) => {
    const whole = { lastLookAt: undefined, started: [], isEmpty: false, ...said }
    const { outcome, finding } = judgeLooks(asked, whole, { now, since, schedulerSilentMs: 2 * minute })
    return finding?.code ?? outcome
  }
  it.each<[what: string, code: string, said: Partial<ReturnType<typeof saidSchedule>>, since: number]>([
    ['a minute ago', 'pass', { lastLookAt: hour - minute }, 0],
    ['three minutes ago', 'scheduler-silent', { lastLookAt: hour - 3 * minute }, 0],
    ['never', 'scheduler-silent', {}, 0],
    ['never, and started just now', 'skipped', {}, hour - minute],
    ['and says that nothing is there', 'no-task-registered', { lastLookAt: hour, isEmpty: true }, 0],
  ])('%s: %s', (_, code, said, since) => {
    expect(judged(said, since)).toBe(code)
  })
})

describe('which jobs are absent', () => {
  const asked = { check: 'scheduled-jobs', service: 'scheduler' }
  const jobs = [
    { job: 'Bank sync', when: 'hourly' },
    { job: 'Certificate expiry check', when: 'daily' },
    { job: 'Commission calculations', when: 'nightly' },
  ]
  const noBank = [{ job: 'Bank sync', when: 'hourly', off: 'the flag psd2_banking is off' }, ...jobs.slice(1)]
  const all = lines(look, bank, certificates, "Running ['artisan' commissions:calculate] . DONE")
  const codes = (said: ReturnType<typeof lines>, wanted: typeof noBank | typeof jobs, coveredMs: number) =>
    judgeJobs(asked, saidSchedule(said), wanted, coveredMs).map(({ outcome, finding }) =>
      finding === undefined
        ? outcome
        : `${finding.code} ${finding.evidence?.absent ?? finding.evidence?.unseen ?? ''}`.trim(),
    )
  it.each<[what: string, found: string[], said: typeof all, wanted: typeof noBank | typeof jobs, hours: number]>([
    ['none', ['pass'], all, jobs, 25],
    ['none, however short the log', ['pass'], all, jobs, 1],
    [
      'the hourly one, of a day',
      ['scheduled-job-absent Bank sync'],
      all.filter((one) => !one.message.includes('Bank')),
      jobs,
      25,
    ],
    [
      'the hourly one, while the others are not due yet',
      ['no-task-registered'],
      lines(look, idle),
      jobs.slice(0, 1),
      2,
    ],
    [
      'of the daily ones nothing is known after two hours',
      ['scheduled-job-unseen Certificate expiry check, Commission calculations'],
      lines(look, idle),
      noBank,
      2,
    ],
    ['all of them, of a day', ['no-task-registered'], lines(look, idle), noBank, 25],
    ['none is wanted', ['skipped'], lines(look), noBank.slice(0, 1), 25],
  ])('%s: %j', (_, found, said, wanted, hours) => {
    expect(codes(said, wanted, hours * hour)).toEqual(found)
  })
})
