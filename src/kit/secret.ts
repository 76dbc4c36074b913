import { inspect } from 'node:util'

const shown = '[secret]'

/**
 * A value that cannot be printed by accident: as a string, as JSON and in `inspect` it reads `[secret]`. Only `reveal` gives
 * the value away, and only the doors that send it may call that.
 */
export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The value itself. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }

  [inspect.custom](): string {
    return shown
  }
}
