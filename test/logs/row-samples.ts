import { id } from '../../src/platform/ids.ts'
import type { LogRow } from '../../src/platform/log-row.ts'

/** Rows of one container, a tenth of a millisecond apart. */
export function rowsOf(messages: readonly string[], row: Partial<LogRow> = {}): LogRow[] {
  return messages.map((message, index) => aRow({ message, time: timeAt(index / 10), ...row }))
}

export function aRow(row: Partial<LogRow> = {}): LogRow {
  return {
    time: timeAt(0),
    message: 'Starting Container',
    severity: 'info',
    attributes: {},
    serviceId: id('api'),
    deploymentId: id('d1'),
    instanceId: 'i1',
    ...row,
  }
}

/** So many milliseconds behind nine o'clock. */
export function timeAt(ms: number): string {
  const whole = Math.floor(ms)
  const nanoseconds = String(Math.round((ms - whole) * 1_000_000)).padStart(6, '0')
  return `${new Date(Date.UTC(2026, 10, 3, 9) + whole).toISOString().slice(0, -1)}${nanoseconds}Z`
}

/** As Laravel writes it: a header, the mark, frames, and what closes the object. */
export function aTrace(frames = 3, exception = 'ErrorException'): string[] {
  return [
    `[2025-12-12 17:34:42] production.ERROR: Undefined array key "link" {"exception":"[object] (${exception}(code: 0): Undefined array key \\"link\\" at /var/www/html/app/Providers/AppServiceProvider.php:157)`,
    '[stacktrace]',
    ...Array.from({ length: frames }, (_, n) => `#${n} /var/www/html/vendor/laravel/x.php(256): Class->method()`),
    `#${frames} {main}`,
    '"} ',
  ]
}
