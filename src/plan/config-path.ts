/** What stands at a path inside a config or a patch; undefined when nothing does, null where something was reset. */
export function valueAt(config: object, path: readonly string[]): unknown {
  let here: unknown = config
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined
    here = Reflect.get(here, key)
  }
  return here
}
