/** Carries out tasks next to each other, so many at a time at most, and gives back what they gave in the order of the tasks. */
export async function sideBySide<Value>(atATime: number, tasks: readonly (() => Promise<Value>)[]): Promise<Value[]> {
  const values = new Map<number, Value>()
  const open = tasks.entries()
  const work = async () => {
    for (const [index, task] of open) values.set(index, await task())
  }
  await Promise.all(Array.from({ length: Math.min(atATime, tasks.length) }, work))
  return tasks.flatMap((_, index) => {
    const value = values.get(index)
    return value === undefined ? [] : [value]
  })
}
