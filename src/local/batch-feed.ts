/** An event never holds more than this. */
const mostPerEvent = 5_000

/**
 * Values for one reader, in batches: whatever came since it last took one, so that a slow reader gets few large events and not many
 * small ones. `first` is an event of its own, where there is anything in it.
 */
export function batchFeed<Value>(
  first: readonly Value[],
  begin: (push: (values: readonly Value[]) => void, end: () => void) => () => void,
): AsyncIterableIterator<Value[]> {
  let waiting: Value[] = []
  let opening = first.length > 0 ? [...first] : undefined
  let wake = () => {}
  let isOver = false
  const end = () => {
    isOver = true
    wake()
  }
  const stop = begin((values) => {
    if (isOver) return
    for (const value of values) waiting.push(value)
    if (values.length > 0) wake()
  }, end)
  const take = (): Value[] | undefined => {
    const taken = opening ?? (waiting.length > mostPerEvent ? waiting.splice(0, mostPerEvent) : waiting)
    if (taken === waiting) waiting = []
    opening = undefined
    return taken.length > 0 ? taken : undefined
  }
  const leave = (): Promise<IteratorResult<Value[]>> => {
    stop()
    end()
    waiting = []
    return Promise.resolve({ done: true, value: undefined })
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      for (;;) {
        const value = take()
        if (value !== undefined) return { done: false, value }
        if (isOver) return leave()
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    return: leave,
  }
}
