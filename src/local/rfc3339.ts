const lastNanosecond = 999_999

/** A moment as the platform tells it: RFC 3339 in UTC with nine digits behind the second, so that texts compare like times. */
export function timeText(at: number, nanoseconds: number): string {
  const moment = new Date(at).toISOString().slice(0, -1)
  return `${moment}${String(Math.min(nanoseconds, lastNanosecond)).padStart(6, '0')}Z`
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
