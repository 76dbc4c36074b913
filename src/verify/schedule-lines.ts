/** One line of a scheduler's log. */
export interface ScheduleLine {
  /** Milliseconds since the epoch. */
  at: number
  message: string
}

/** What a scheduler's lines say. */
export interface SaidSchedule {
  /** When it last looked what is due; undefined where no line says so. */
  lastLookAt: number | undefined
  /** Everything that it started, as its lines name it. */
  started: { at: number; name: string }[]
  /** It says itself that nothing is registered, and has started nothing since. */
  isEmpty: boolean
}

const look = /schedule:run|No scheduled commands are ready to run|Running \[|Running scheduled (?:command|task)s?/i
const startedLine = /Running (?:\[(.+?)\](?=[ .]|$)|scheduled command: (.+))/i
const empty = /No scheduled (?:commands|tasks) have been defined/i

/** Reads the lines of `schedule:work` or `schedule:run`. Pure. */
export function saidSchedule(lines: readonly ScheduleLine[]): SaidSchedule {
  const looks = lines.filter(({ message }) => look.test(message)).map(({ at }) => at)
  const started = lines.flatMap(({ at, message }) => {
    const [, bracketed, plain] = startedLine.exec(message) ?? []
    const name = bracketed ?? plain
    return name === undefined || /\bschedule:run\b/.test(name) ? [] : [{ at, name }]
  })
  const emptyAt = Math.max(...lines.filter(({ message }) => empty.test(message)).map(({ at }) => at))
  return {
    lastLookAt: looks.length === 0 ? undefined : Math.max(...looks),
    started,
    isEmpty: started.every((one) => one.at < emptyAt) && emptyAt > Number.NEGATIVE_INFINITY,
  }
}

/** Is that the job? A config names jobs in words, a log by their command: every word of the one has to begin in the other. */
export function isOfJob(name: string, job: string): boolean {
  const stems = (job.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.slice(0, 6))
  return stems.length > 0 && stems.every((stem) => name.toLowerCase().includes(stem))
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** A log of minutes says nothing of a job that is due every few of them. */
const shortestPeriodMs = 10 * minuteMs
const never = Number.POSITIVE_INFINITY
const often: readonly (readonly [RegExp, (amount: number) => number])[] = [
  [/\b(?:week|month|quarter|year|annual|biweek|fortnight|(?:mon|tues|wednes|thurs|fri|satur|sun)day)/i, () => never],
  [/\bevery (\d+) minutes?\b/i, (amount) => Math.max(shortestPeriodMs, 1.1 * amount * minuteMs)],
  [/\bevery (\d+) hours?\b/i, (amount) => 1.1 * amount * hourMs],
  [/\b(?:every|each|an|per) hour\b|\bhourly\b/i, () => 1.1 * hourMs],
  [/\b(?:every|each|a|per) (?:day|night|morning|evening)\b|\b(?:daily|nightly)\b/i, () => 25 * hourMs],
  [/\b(?:every|each|a|per) minute\b|\bminutely\b/i, () => shortestPeriodMs],
  [/^(?:at )?\d{1,2}:\d{2}\b/i, () => 25 * hourMs],
]

/**
 * How long a log has to reach back before a job that is not in it counts as absent; for ever, where it is due less often than daily,
 * or where the words do not tell.
 */
export function periodMs(when: string): number {
  for (const [pattern, period] of often) {
    const [found, amount] = pattern.exec(when.trim()) ?? []
    if (found !== undefined) return period(Number(amount))
  }
  return never
}
