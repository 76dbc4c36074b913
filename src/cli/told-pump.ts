import type { LogGap } from '../logs/log-entry.ts'
import type { ToldLog } from '../logs/reading.ts'
import type { LogTeller } from '../output/output.ts'

const inOneWrite = 500
/** So many things wait for a reader at most who is slower than what is said; what cannot wait is told as missing. */
const mostWaiting = 50_000

/** Hands on what is told as fast as it is read. */
export interface ToldPump {
  /** @param canWait it is no part of what goes on, and may take as long as its reader does */
  add(told: readonly ToldLog[], canWait?: boolean): void
  /** Resolves when everything was taken or nobody reads any more; after an abort, as soon as the rest is written. */
  emptied(signal: AbortSignal): Promise<void>
  lines: number
  gaps: number
}

/** @param isBounded where nothing can be made to wait: a stream goes on, however slow its reader is */
export function createToldPump(teller: LogTeller, isBounded: boolean, most = mostWaiting): ToldPump {
  let queue: ToldLog[] = []
  /** So many of what waits can. */
  let patient = 0
  let running: Promise<void> | undefined
  const pump: ToldPump = {
    lines: 0,
    gaps: 0,
    add(told, canWait = false) {
      if (told.length === 0 || teller.gone.aborted) return
      queue = queue.length === 0 ? [...told] : queue.concat(told)
      if (canWait) patient += told.length
      if (isBounded && queue.length - patient > most) {
        queue = shortened(queue, most)
        patient = 0
      }
      running ??= run()
    },
    async emptied(signal) {
      if (running === undefined) return
      let stop = () => {}
      const stopped = new Promise<void>((resolve) => {
        stop = resolve
      })
      signal.addEventListener('abort', stop, { once: true })
      if (!signal.aborted) await Promise.race([running, stopped])
      signal.removeEventListener('abort', stop)
      // Whoever stops it still gets what had come, without anybody waiting for them.
      if (signal.aborted && !teller.gone.aborted) write(queue)
      queue = []
    },
  }
  const write = (next: readonly ToldLog[]) => {
    const gaps = next.filter(({ kind }) => kind === 'gap').length
    pump.gaps += gaps
    pump.lines += next.length - gaps
    teller.tell(next)
  }
  async function run(): Promise<void> {
    while (queue.length > 0 && !teller.gone.aborted) {
      const next = queue.slice(0, inOneWrite)
      queue = queue.slice(inOneWrite)
      patient = Math.max(0, patient - inOneWrite)
      write(next)
      await teller.taken()
    }
    queue = []
    // In the same turn as the last look at the queue: what is added in the next one starts it again.
    running = undefined
  }
  return pump
}

/** Keeps the newest half; what was left out is one gap. */
function shortened(queue: readonly ToldLog[], most: number): ToldLog[] {
  const from = queue.length - Math.floor(most / 2)
  const [first] = queue
  const last = queue[from - 1]
  if (first === undefined || last === undefined) return [...queue]
  const gap: LogGap = {
    from: first.kind === 'gap' ? first.gap.from : first.entry.time,
    until: last.kind === 'gap' ? last.gap.until : last.entry.time,
    because: 'they came faster than they were read',
  }
  return [{ kind: 'gap', gap }, ...queue.slice(from)]
}
