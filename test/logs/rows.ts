import type { LogItem } from '../../src/logs/log-item.ts'
import { logTime } from '../../src/logs/log-time.ts'
import type { LogRow } from '../../src/platform/log-row.ts'

/** The hour at which tests of logs begin. */
export const start = Date.UTC(2026, 10, 3, 9, 0, 0)

/** A row that was printed so many milliseconds after the start. */
export function aRow(ms: number, message: string, row: Partial<LogRow> = {}): LogRow {
  return {
    time: logTime(start + ms),
    message,
    severity: 'info',
    attributes: {},
    serviceId: undefined,
    deploymentId: undefined,
    instanceId: 'one',
    ...row,
  }
}

/** Messages in their order; a late one is marked. */
export function told(items: readonly LogItem[]): string[] {
  return items.map((item) =>
    item.kind === 'gap' ? `gap: ${item.gap.because}` : `${item.row.message}${item.isLate === true ? ' (late)' : ''}`,
  )
}
