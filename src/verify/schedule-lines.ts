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
  /** It says itself that nothing is registered. */
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
  return {
    lastLookAt: looks.length === 0 ? undefined : Math.max(...looks),
    started,
    isEmpty: lines.some(({ message }) => empty.test(message)),
  }
}

/** Is that the job? A config names jobs in words, a log by their command: every word of the one has to begin in the other. */
export function isOfJob(name: string, job: string): boolean {
  const stems = (job.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.slice(0, 6))
  return stems.length > 0 && stems.every((stem) => name.toLowerCase().includes(stem))
}

const hourMs = 3_600_000

/** How long a log has to reach back before a job that is not in it counts as absent. */
export function periodMs(when: string): number {
  if (/\bminute/i.test(when)) return hourMs / 6
  if (/\bhour/i.test(when)) return 1.1 * hourMs
  if (/\bweek/i.test(when)) return 7 * 25 * hourMs
  return 25 * hourMs
}
