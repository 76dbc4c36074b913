/** A reference inside a variable's value: `${{postgres.DATABASE_URL}}`, `${{shared.X}}`, or `${{X}}` of the same service. */
export interface Reference {
  /** Absent: the same service. `shared`: the environment. */
  service?: string
  variable: string
}

/** Every reference in a value (PLATFORM.md §6.1; spaces inside the braces are allowed). */
export function referencesIn(value: string): Reference[] {
  return [...value.matchAll(/\$\{\{\s*(?:([^{}]+?)\.)?([^{}.]+?)\s*\}\}/g)].map(([, service, variable = '']) =>
    service === undefined ? { variable } : { service, variable },
  )
}

/** Does the value hold any reference? */
export function holdsReference(value: string): boolean {
  return value.includes('${{')
}
