/** Values as they come, for one reader. `begin` gets the ways to add one and to end it, and gives back how to stop listening. */
export function feed<Value>(
  begin: (push: (value: Value) => void, end: () => void) => () => void,
): AsyncIterableIterator<Value> {
  const waiting: Value[] = []
  let wake = () => {}
  let isOver = false
  const end = () => {
    isOver = true
    wake()
  }
  const stop = begin((value) => {
    waiting.push(value)
    wake()
  }, end)
  const leave = (): Promise<IteratorResult<Value>> => {
    stop()
    end()
    waiting.length = 0
    return Promise.resolve({ done: true, value: undefined })
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      while (waiting.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const [value] = waiting.splice(0, 1)
      return value === undefined ? leave() : { done: false, value }
    },
    return: leave,
  }
}
