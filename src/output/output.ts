import type { ToldLog } from '../logs/reading.ts'
import type { OperationEvent } from '../operations/events.ts'
import type { Answer, ToldFailure } from './answers.ts'

/**
 * How things are told: answers to stdout, everything else to stderr, or all of it as JSON. Chosen before anything can fail, and
 * nobody else asks which one it is.
 */
export interface Output {
  event(event: OperationEvent): void
  answer(answer: Answer): void
  failure(failure: ToldFailure): void
  /** Something the operator should know that is neither progress nor answer. */
  notice(text: string): void
  /** Tells a line that a command printed in a container, safe to show; resolves when whoever reads has taken it. */
  print(line: PrintedLine): Promise<void>
  /** Begins to tell what services said; on stdout, as its own lines or objects. */
  log(of: LogHead): LogTeller
  /** Aborted when nobody reads what is told on stdout any more: there is nobody to watch for. */
  gone: AbortSignal
  /** Clears what moves on the screen; nothing is told after it. */
  close(): void
}

/** A line, and where it was printed: there it is told too. */
export interface PrintedLine {
  stream: 'stdout' | 'stderr'
  text: string
}

/** Whose log it is. */
export interface LogHead {
  project: string
  environment: string
  isRehearsal: boolean
  /** Names that may occur: they share one column. */
  services: readonly string[]
}

export interface LogTeller {
  tell(told: readonly ToldLog[]): void
  /** Resolves when whoever reads has taken what was told, or is gone. */
  taken(): Promise<void>
  /** Aborted when nobody reads any more: there is nobody to follow for. */
  gone: AbortSignal
}
