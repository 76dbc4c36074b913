import type { Clock } from '../../src/kit/clock.ts'
import type { Files } from '../../src/kit/files.ts'
import type { Stage } from './stage.ts'

export const moments = ['before it is sent', 'after it was sent', 'after its answer'] as const

/**
 * Runs a command and kills its process at the request of that number, as SIGKILL does: not one of its doors does anything any more.
 * Says whether the command was still running then.
 */
export async function killedAt(
  stage: Stage,
  argv: string[],
  number: number,
  moment: (typeof moments)[number],
): Promise<boolean> {
  let isDead = false
  let died: () => void = () => {}
  const death = new Promise<'killed'>((resolve) => {
    died = () => resolve('killed')
  })
  const before = new Set(stage.processes)
  let arrived = 0
  const forget = stage.platform.onRequest(() => {
    if (isDead) {
      died()
      return { kind: 'hang' }
    }
    arrived += 1
    if (arrived !== number) return undefined
    isDead = true
    if (moment === 'after its answer') return undefined
    if (moment === 'after it was sent') return { kind: 'hang-after', whenDone: died }
    died()
    return { kind: 'hang' }
  })
  const never = () => {
    died()
    return new Promise<never>(() => {})
  }
  const alive = async <Value>(doing: () => Promise<Value>): Promise<Value> => {
    if (isDead) return never()
    const value = await doing()
    return isDead ? never() : value
  }
  const through = ({ clock, files }: { clock: Clock; files: Files }): { clock: Clock; files: Files } => ({
    clock: {
      now: () => clock.now(),
      sleep: (ms, signal) => alive(() => clock.sleep(ms, signal)),
      after: (ms, act) => clock.after(ms, () => !isDead && act()),
    },
    files: {
      readText: (path) => alive(() => files.readText(path)),
      writeText: (path, text, mode) => alive(() => files.writeText(path, text, mode)),
      appendText: (path, text) => alive(() => files.appendText(path, text)),
      remove: (path) => alive(() => files.remove(path)),
    },
  })
  const running = stage.run(argv, { through }).then(() => 'ended' as const)
  const [pid] = [...stage.processes].filter((one) => !before.has(one))
  const ending = await Promise.race([death, running])
  forget()
  if (pid !== undefined) stage.processes.delete(pid)
  return ending === 'killed'
}
