import type { Clock } from '../kit/clock.ts'
import type { Agenda } from './agenda.ts'
import type { News } from './news.ts'

/**
 * While somebody follows a deployment, what is due happens at its own hour and not only when somebody looks. The returned function
 * ends it.
 */
export function keepTime(agenda: Agenda, clock: Clock, news: News): () => void {
  let cancel = () => {}
  let isOver = false
  const plan = () => {
    cancel()
    const dueAt = agenda.nextAt()
    if (isOver || !news.isHeard || dueAt === undefined) return
    cancel = clock.after(Math.max(0, dueAt - clock.now()), () => {
      agenda.catchUp()
      plan()
    })
  }
  agenda.onPlanned(plan)
  news.onAudience(plan)
  return () => {
    isOver = true
    cancel()
  }
}
