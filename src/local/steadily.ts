import type { Agenda } from './agenda.ts'

/** After a jump of the clock so much of it is made up for, and nothing before. */
const madeUpForMs = 10 * 60 * 1000

/** Does something so often, for as long as `isWanted`. Begins after the first interval. */
export function steadily(agenda: Agenda, everyMs: number, isWanted: () => boolean, act: () => void): void {
  const startedAt = agenda.now()
  let done = 0
  const plan = () => {
    const passed = Math.floor((agenda.present() - madeUpForMs - startedAt) / everyMs)
    done = Math.max(done + 1, passed)
    // From the start on, so that no fraction of a millisecond adds up.
    agenda.in(Math.round(startedAt + done * everyMs) - agenda.now(), tick)
  }
  const tick = () => {
    if (!isWanted()) return
    act()
    plan()
  }
  plan()
}
