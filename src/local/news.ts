import type { Deployment, DeploymentEvent, Environment, LogKind, PrintedRow, RequestRow } from './model.ts'

/** What happened to a deployment, for whoever follows it or its environment. */
export type NewsItem =
  | { kind: 'status' }
  | { kind: 'event'; event: DeploymentEvent }
  /** All that was printed at once. */
  | { kind: 'log'; log: LogKind; rows: readonly PrintedRow[] }
  | { kind: 'request'; row: RequestRow }
  /** The environment is no more. */
  | { kind: 'gone' }

type Listener = (item: NewsItem) => void

/** Tells those who follow a deployment, or all of an environment, what happens there, at the moment when it happens. */
export class News {
  readonly #listeners = new Map<Deployment | Environment, Set<Listener>>()
  #audienceChanged = () => {}

  get isHeard(): boolean {
    return this.#listeners.size > 0
  }

  tell(deployment: Deployment, item: NewsItem): void {
    this.#tell(deployment, item)
    this.#tell(deployment.instance.environment, item)
  }

  /** The environment is no more, nor is anything in it. */
  tellEnd(environment: Environment): void {
    this.#tell(environment, { kind: 'gone' })
  }

  /** The returned function ends it; calling it twice is fine. */
  follow(followed: Deployment | Environment, listener: Listener): () => void {
    const listeners = this.#listeners.get(followed) ?? new Set()
    this.#listeners.set(followed, listeners.add(listener))
    this.#audienceChanged()
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(followed) === listeners) this.#listeners.delete(followed)
      this.#audienceChanged()
    }
  }

  /** Called when somebody begins or ceases to listen. */
  onAudience(act: () => void): void {
    this.#audienceChanged = act
  }

  #tell(followed: Deployment | Environment, item: NewsItem): void {
    const listeners = this.#listeners.get(followed)
    if (listeners === undefined) return
    for (const listener of [...listeners]) listener(item)
  }
}
