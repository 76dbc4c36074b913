import type { Duration, Size } from './fakturino-config.ts'

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const megabytes = { MB: 1, GB: 1024 } as const

const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/
const sizePattern = /^(\d+(?:\.\d+)?)(MB|GB)$/

export function isDuration(value: unknown): value is Duration {
  return typeof value === 'string' && durationPattern.test(value)
}

export function isSize(value: unknown): value is Size {
  return typeof value === 'string' && sizePattern.test(value) && sizeMB(value as Size) >= 1
}

/** A duration in milliseconds; NaN when it is none. */
export function durationMs(duration: Duration): number {
  const [, amount, unit] = durationPattern.exec(duration) ?? []
  return Number(amount) * (isKey(milliseconds, unit) ? milliseconds[unit] : Number.NaN)
}

/** A size in whole megabytes of 1024 to the gigabyte, as the platform counts volumes; NaN when it is none. */
export function sizeMB(size: Size): number {
  const [, amount, unit] = sizePattern.exec(size) ?? []
  return Math.ceil(Number(amount) * (isKey(megabytes, unit) ? megabytes[unit] : Number.NaN))
}

function isKey<Table extends object>(table: Table, key: PropertyKey | undefined): key is keyof Table {
  return key !== undefined && Object.hasOwn(table, key)
}
