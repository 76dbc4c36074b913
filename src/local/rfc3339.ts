let lastMoment = { at: 0, text: '1970-01-01T00:00:00.000' }
const lastNanosecond = 999_999

/** A moment as the platform tells it: RFC 3339 in UTC with nine digits behind the second, so that texts compare like times. */
export function timeText(at: number, nanoseconds: number): string {
  return `${momentText(at)}${String(Math.min(nanoseconds, lastNanosecond)).padStart(6, '0')}Z`
}

/** Most rows come in the same millisecond as the one before, and writing it out is the slowest part of a row. */
function momentText(at: number): string {
  if (lastMoment.at !== at) lastMoment = { at, text: new Date(at).toISOString().slice(0, -1) }
  return lastMoment.text
}

/** The same of any RFC 3339 text; undefined when it is none. */
export function timeTextOf(text: string): string | undefined {
  const [, seconds, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/.exec(text) ?? []
  if (seconds === undefined || zone === undefined) return undefined
  const whole = Date.parse(`${seconds.replace(' ', 'T')}${zone}`)
  if (Number.isNaN(whole)) return undefined
  return `${new Date(whole).toISOString().slice(0, 19)}.${fraction.slice(0, 9).padEnd(9, '0')}Z`
}
