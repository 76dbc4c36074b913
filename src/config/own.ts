/** What a table holds under a name; a name such as `constructor` finds nothing that it does not hold itself. */
export function own<Value>(table: Record<string, Value> | undefined, name: string): Value | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
}
