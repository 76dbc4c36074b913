import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Machine } from './machine.ts'

/** Ends a command early: the first Ctrl-C or SIGTERM, or its own time limit. */
export interface Interruption {
  signal: AbortSignal
  /** Ends the command after so long. @param allowed whose time it is: `--timeout allows` */
  limit(ms: number, clock: Clock, allowed: string): void
  /** Called when the command is over, however it ended. */
  atEnd(act: () => void): void
  end(): void
}

/**
 * The first signal lets the act in flight finish and starts nothing new; the second ends the process at once, with the signal's
 * own exit code.
 */
export function createInterruption(machine: Machine): Interruption {
  const controller = new AbortController()
  const acts: (() => void)[] = []
  const interrupt = (name: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) {
      machine.off('SIGINT', onInt)
      machine.off('SIGTERM', onTerm)
      machine.kill(machine.pid, name)
      return
    }
    controller.abort(
      new OperatorError({
        kind: 'interrupted',
        code: 'interrupted',
        message: 'Interrupted. What was asked of the platform before that was carried out; nothing new was started.',
        hint: 'Run the same command again: it goes on from what is there.',
        retryable: true,
      }),
    )
  }
  const onInt = () => interrupt('SIGINT')
  const onTerm = () => interrupt('SIGTERM')
  machine.on('SIGINT', onInt)
  machine.on('SIGTERM', onTerm)
  return {
    signal: controller.signal,
    limit(ms, clock, allowed) {
      acts.push(
        clock.after(ms, () =>
          controller.abort(
            new OperatorError({
              kind: 'unfinished',
              code: 'command-timeout',
              message: `The time that ${allowed} is over. What was asked of the platform before that goes on there.`,
              hint: 'Run: fakturino status',
              retryable: true,
            }),
          ),
        ),
      )
    },
    atEnd: (act) => void acts.push(act),
    end() {
      machine.off('SIGINT', onInt)
      machine.off('SIGTERM', onTerm)
      for (const act of acts) act()
    },
  }
}
