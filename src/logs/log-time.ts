/** A moment as rows tell it: RFC 3339 in UTC with nine digits behind the second, so that texts compare as moments do. */
export function logTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000000Z`
}

/** Whole milliseconds since the epoch; NaN for what is no moment. */
export function millisecondsOf(time: string): number {
  return Date.parse(time)
}

/** The nanosecond before. */
export function justBefore(time: string): string {
  return shifted(time, -1n)
}

/** The nanosecond after. */
export function justAfter(time: string): string {
  return shifted(time, 1n)
}

const perSecond = 1_000_000_000n

function shifted(time: string, nanoseconds: bigint): string {
  const seconds = Date.parse(`${time.slice(0, 19)}Z`)
  const fraction = time.slice(20, 29)
  if (Number.isNaN(seconds) || !/^\d{9}$/.test(fraction)) return time
  const moment = BigInt(seconds / 1000) * perSecond + BigInt(fraction) + nanoseconds
  const whole = new Date(Number(moment / perSecond) * 1000).toISOString().slice(0, 19)
  return `${whole}.${String(moment % perSecond).padStart(9, '0')}Z`
}
