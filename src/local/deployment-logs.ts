import type { Agenda } from './agenda.ts'
import type { Deployment, LogKind, LogLine } from './model.ts'
import type { News } from './news.ts'

/** As many as a client may ask for; older ones are forgotten. */
export const mostLines = 5_000
const linesUnlessAsked = 100

export type Print = (deployment: Deployment, log: LogKind, message: string, severity?: LogLine['severity']) => void

/** Keeps what deployments print, and tells whoever follows them. */
export function logPrinter(agenda: Agenda, news: News): Print {
  return (deployment, log, message, severity = 'info') => {
    const lines = deployment.logs[log]
    const before = lines.at(-1)
    const at = agenda.now()
    const line = { at, nth: before?.at === at ? before.nth + 1 : 0, message, severity }
    lines.push(line)
    if (lines.length > mostLines + 1) lines.shift()
    news.tell(deployment, { kind: 'log', log, line })
  }
}

/** What a look into a log may ask for. */
export interface LogQuestion {
  filter?: string | null
  limit?: number | null
}

/** The newest lines, the oldest of them first. */
export function newestLines(lines: readonly LogLine[], { filter, limit }: LogQuestion, isQuirky: boolean): LogLine[] {
  const wanted = Math.min(Math.max(0, limit ?? linesUnlessAsked), mostLines)
  const found = lines.filter((line) => passes(line, filter))
  return found.slice(Math.max(0, found.length - wanted - (isQuirky ? 1 : 0)))
}

/** Does a line hold the words that were asked for? */
export function passes({ message }: LogLine, filter: string | null | undefined): boolean {
  return filter == null || filter === '' || message.toLowerCase().includes(filter.toLowerCase())
}
