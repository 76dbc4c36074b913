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
  /** Clears what moves on the screen; nothing is told after it. */
  close(): void
}
