/** A reference as it stands in a value: `${{NAME}}`, `${{Service Name.NAME}}` or `${{shared.NAME}}`. */
interface Reference {
  /** A service's name or `shared`; undefined means the variable's own service. */
  owner: string | undefined
  name: string
}

/** Where a rendering looks things up. */
export interface Sources<Owner> {
  /** What is stored for a service, or shared, with what the platform itself provides; unrendered. */
  stored(owner: Owner): ReadonlyMap<string, string>
  /** The service of that name in this environment, or what is shared. */
  owned(name: string): Owner | undefined
}

const pattern = /\$\{\{\s*([^{}]+?)\s*\}\}/g

export function referencesIn(value: string): Reference[] {
  return Array.from(value.matchAll(pattern), (match) => parse(match[1] ?? ''))
}

/** All variables of one owner with their references resolved. One that leads nowhere, or back to itself, reads empty. */
export function render<Owner>(sources: Sources<Owner>, owner: Owner): Record<string, string> {
  const done = new Map<Owner, Map<string, string>>()
  const underway = new Map<Owner, Set<string>>()

  const resolve = (of: Owner, name: string): string => {
    const known = done.get(of)?.get(name)
    if (known !== undefined) return known
    const stored = sources.stored(of).get(name)
    if (stored === undefined || underway.get(of)?.has(name)) return ''
    if (!stored.includes('${{')) return stored
    if (!underway.has(of)) underway.set(of, new Set())
    underway.get(of)?.add(name)
    const value = stored.replace(pattern, (_, path: string) => {
      const reference = parse(path)
      const target = reference.owner === undefined ? of : sources.owned(reference.owner)
      return target === undefined ? '' : resolve(target, reference.name)
    })
    underway.get(of)?.delete(name)
    if (!done.has(of)) done.set(of, new Map())
    done.get(of)?.set(name, value)
    return value
  }

  return Object.fromEntries(Array.from(sources.stored(owner).keys(), (name) => [name, resolve(owner, name)]))
}

function parse(path: string): Reference {
  // A service's name may hold dots, a variable's does not.
  const dot = path.lastIndexOf('.')
  return dot === -1
    ? { owner: undefined, name: path.trim() }
    : { owner: path.slice(0, dot).trim(), name: path.slice(dot + 1).trim() }
}
