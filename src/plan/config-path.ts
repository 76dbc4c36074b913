/** What stands at a path inside a config or a patch; undefined when nothing does, null where it, or all around it, was reset. */
export function valueAt(config: object, path: readonly string[]): unknown {
  let here: unknown = config
  for (const key of path) {
    if (here === null) return null
    if (typeof here !== 'object' || !Object.hasOwn(here, key)) return undefined
    here = Reflect.get(here, key)
  }
  return here
}

/** The config in which nothing but this stands at a path. */
export function configAt(path: readonly string[], value: unknown): Record<string, unknown> {
  const [key = '', ...inner] = path
  return { [key]: inner.length === 0 ? value : configAt(inner, value) }
}
