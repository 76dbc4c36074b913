import type { Deployment, DeploymentEvent, LogKind, LogLine } from './model.ts'

/** What happened to a deployment, for whoever follows it. */
export type NewsItem =
  | { kind: 'status' }
  | { kind: 'event'; event: DeploymentEvent }
  | { kind: 'log'; log: LogKind; line: LogLine }

type Listener = (item: NewsItem) => void

/** Tells those who follow a deployment what happens to it, at the moment when it happens. */
export class News {
  readonly #listeners = new Map<Deployment, Set<Listener>>()
  #audienceChanged = () => {}

  get isHeard(): boolean {
    return this.#listeners.size > 0
  }

  tell(deployment: Deployment, item: NewsItem): void {
    for (const listener of [...(this.#listeners.get(deployment) ?? [])]) listener(item)
  }

  /** The returned function ends it; calling it twice is fine. */
  follow(deployment: Deployment, listener: Listener): () => void {
    const listeners = this.#listeners.get(deployment) ?? new Set()
    this.#listeners.set(deployment, listeners.add(listener))
    this.#audienceChanged()
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(deployment) === listeners) this.#listeners.delete(deployment)
      this.#audienceChanged()
    }
  }

  /** Called when somebody begins or ceases to listen. */
  onAudience(act: () => void): void {
    this.#audienceChanged = act
  }
}
