/**
 * As much of the global `Headers` as graphql-request uses. The global one comes with the whole of Node's own HTTP client, which
 * takes longer to load than a request takes.
 */
export class Headers {
  readonly #values = new Map<string, string>()

  constructor(init: Record<string, string> = {}) {
    for (const [name, value] of Object.entries(init)) this.set(name, value)
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase())
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null
  }

  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), value)
  }

  forEach(act: (value: string, name: string) => void): void {
    for (const [name, value] of this.#values) act(value, name)
  }

  entries(): IterableIterator<[string, string]> {
    return this.#values.entries()
  }
}
