import { count } from '../../kit/text.ts'
import { type Asked, aside, type CheckResult, failed, passed, skipped, unknown } from '../check.ts'
import { type CheckSubject, isChosen, probeTimeoutMs, questionOf } from '../check-subject.ts'
import type { Check, CheckTools } from '../check-tools.ts'
import { figuresIn } from '../figures.ts'
import { saidAnswer } from '../said-answer.ts'
import { readPage } from './metrics.ts'

/** So many looks, at least, tell that waiting jobs do not get fewer. */
const fewestLooks = 3
/** A single run waits by itself only where that takes no longer: in a rehearsal. */
const longestOwnWaitMs = 10_000

/** Jobs that wait at one time (milliseconds). */
export interface Backlog {
  at: number
  pending: number
}

/** Do waiting jobs get fewer? Only time tells, so one look alone says what it saw and decides nothing. */
export const queueBacklog: Check = async (subject, tools) => {
  const { watched } = subject
  const metric = watched.metrics.find(({ name }) => name.endsWith('queue_jobs_pending'))
  const page = watched.checks.find(({ format }) => format === 'prometheus')
  const [worker] = watched.workers
  if (metric === undefined || page === undefined || worker === undefined) return []
  if (!subject.services.some(({ name }) => name === worker.service)) return []
  const asked: Asked = { check: 'queue-backlog', service: worker.service }
  const question = questionOf(page, subject)
  if ('answered' in question) {
    const { reason = 'it was not asked' } = question.answered
    return [skipped(asked, `waiting jobs are told by ${page.path}: ${reason}`)]
  }
  const { url } = question.asked
  const look = async (isAnew: boolean): Promise<Backlog | undefined> => {
    const ask = isAnew ? tools.readings.answerAnew : tools.readings.answer
    const read = readPage(question.asked, saidAnswer(await ask(url, probeTimeoutMs(tools, page))))
    if ('wrong' in read) return undefined
    const [figure] = figuresIn(read.metrics, [metric], page.service)
    // Where the service that tells it is not asked about, nobody else keeps it for the looks to come.
    if (figure !== undefined && !isAnew && !isChosen(subject, page.service)) tools.figures.push(figure)
    return figure?.value == null ? undefined : { at: tools.clock.now(), pending: figure.value }
  }
  const first = await look(false)
  if (first === undefined) return [skipped(asked, `${page.path} does not tell how many jobs wait`)]
  const before = earlierBacklogs(subject, metric.name)
  const more = first.pending > 0 && before.length === 0 ? await ownLooks(look, tools) : []
  return [judgeBacklog(asked, [...before, first, ...more], tools.timing.check.queueNotConsumedMs)]
}

async function ownLooks(
  look: (isAnew: boolean) => Promise<Backlog | undefined>,
  { timing, clock, signal }: CheckTools,
): Promise<Backlog[]> {
  const { queueNotConsumedMs } = timing.check
  if (queueNotConsumedMs > longestOwnWaitMs) return []
  const looks: Backlog[] = []
  for (let left = fewestLooks - 1; left > 0; left -= 1) {
    await clock.sleep(Math.ceil(queueNotConsumedMs / (fewestLooks - 1)), signal)
    const seen = await look(true)
    if (seen === undefined || seen.pending === 0) return seen === undefined ? looks : [...looks, seen]
    looks.push(seen)
  }
  return looks
}

function earlierBacklogs({ earlier }: CheckSubject, metric: string): Backlog[] {
  return earlier.flatMap(({ at, figures }) => {
    const value = figures.find((figure) => figure.metric === metric)?.value
    return value == null ? [] : [{ at, pending: value }]
  })
}

/** @param looks the oldest first; the last one is now */
export function judgeBacklog(asked: Asked, looks: readonly Backlog[], notConsumedMs: number): CheckResult {
  const last = looks.at(-1)
  if (last === undefined || last.pending === 0) return passed(asked)
  // From the last time that jobs got fewer, or that none waited.
  const begin = looks.findLastIndex(
    ({ pending }, index) => pending === 0 || pending < (looks[index - 1]?.pending ?? pending),
  )
  const stuck = looks.slice(Math.max(begin, 0)).filter(({ pending }) => pending > 0)
  const forMs = last.at - (stuck[0]?.at ?? last.at)
  const evidence = { pending: last.pending, looks: looks.length, forSeconds: Math.round(forMs / 1000) }
  if (stuck.length >= fewestLooks && forMs >= notConsumedMs) {
    return failed(asked, {
      code: 'backlog-not-falling',
      message: `${count(last.pending, 'job')} ${last.pending === 1 ? 'waits' : 'wait'}, and not one fewer for ${Math.round(forMs / 1000)} s: nobody works on them.`,
      evidence,
      fix: `Look whether ${asked.service} runs and reads the queue that is filled; run: fakturino restart ${asked.service}`,
    })
  }
  if (begin > 0 && looks[begin - 1] !== undefined) return passed(asked)
  return aside(
    unknown(asked, {
      code: 'backlog-unjudged',
      message: `${count(last.pending, 'job')} ${last.pending === 1 ? 'waits' : 'wait'}; whether they get fewer shows only over ${Math.round(notConsumedMs / 1000)} s.`,
      evidence,
      fix: 'Run: fakturino check --watch',
    }),
  )
}
