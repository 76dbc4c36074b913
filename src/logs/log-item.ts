import type { LogRow } from '../platform/log-row.ts'
import type { LogGap } from './log-entry.ts'

/** What a stream of logs consists of, in order. `isLate`: it came after younger rows had been given already. */
export type LogItem = { kind: 'row'; row: LogRow; isLate?: true } | { kind: 'gap'; gap: LogGap }
