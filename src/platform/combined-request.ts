import { TypedDocumentString } from '../contract/types.ts'

type Variables = Record<string, unknown>

/** Picks one part's result out of the answer to the whole. */
export type PartReader<Result> = (answer: Variables) => Result

/**
 * Several documents asked in one request. Each part's top-level aliases and variables get a number; fragments, which Railway's
 * schema names once, are sent once. A variable used inside a fragment cannot be numbered: it is shared, and every part must give
 * it the same value.
 *
 * Works on the text that codegen writes: one operation first, indented by two, every top-level field aliased, fragments after it.
 */
export class CombinedRequest {
  readonly name: string
  #kind: string | undefined
  #parts = 0
  readonly #declarations = new Set<string>()
  readonly #selections: string[] = []
  readonly #fragments = new Map<string, string>()
  readonly #variables: Variables = {}

  /** `name` is the operation's name, as the platform and our own tally see it. */
  constructor(name: string) {
    this.name = name
  }

  /** How many parts there are. */
  get size(): number {
    return this.#parts
  }

  add<Result, PartVariables extends Variables>(
    document: TypedDocumentString<Result, PartVariables>,
    variables: PartVariables,
  ): PartReader<Result> {
    const part = takenApart(document.toString())
    if (part.kind !== (this.#kind ?? part.kind)) throw new Error(`${this.name} cannot hold a query and a mutation`)
    this.#kind = part.kind
    const number = ++this.#parts

    const shared = new Set<string>()
    for (const [name, text] of part.fragments) {
      this.#fragments.set(name, text)
      for (const variable of variablesIn(text)) shared.add(variable)
    }
    const numbered = (text: string) =>
      text.replace(/\$(\w+)/g, (whole, name: string) => (shared.has(name) ? whole : `${whole}_${number}`))

    for (const declaration of part.declarations) this.#declarations.add(numbered(declaration))
    this.#selections.push(numbered(part.selection).replace(/^ {2}(\w+):/gm, `  $1_${number}:`))
    for (const [name, value] of Object.entries<unknown>(variables)) {
      if (!shared.has(name)) this.#variables[`${name}_${number}`] = value
      else if (name in this.#variables && this.#variables[name] !== value) {
        throw new Error(`${this.name} holds two values for $${name}, which a fragment uses`)
      } else this.#variables[name] = value
    }
    return (answer) => Object.fromEntries(part.aliases.map((alias) => [alias, answer[`${alias}_${number}`]])) as Result
  }

  /** The whole, ready to be sent. */
  document(): TypedDocumentString<Variables, Variables> {
    const declarations = this.#declarations.size === 0 ? '' : `(${[...this.#declarations].join(', ')})`
    const operation = `${this.#kind ?? 'query'} ${this.name}${declarations} {\n${this.#selections.join('\n')}\n}`
    return new TypedDocumentString([operation, ...this.#fragments.values()].join('\n'))
  }

  /** What `document` needs. */
  variables(): Variables {
    return { ...this.#variables }
  }
}

interface Part {
  kind: string
  /** `$deploymentId: String!` */
  declarations: string[]
  /** What stands between the operation's braces. */
  selection: string
  aliases: string[]
  fragments: Map<string, string>
}

function takenApart(text: string): Part {
  const [, kind, declared = '', selection] = /^\s*(query|mutation) \w+(?:\(([^)]*)\))? \{\n(.*?)\n\}/s.exec(text) ?? []
  if (kind === undefined || selection === undefined)
    throw new Error('a combined document must begin with its operation')
  const fields = selection.split('\n').filter((line) => /^ {2}\w/.test(line))
  const aliases = fields.flatMap((line) => /^ {2}(\w+):/.exec(line)?.[1] ?? [])
  if (aliases.length !== fields.length) throw new Error('a combined document must alias every top-level field')
  const fragments = [...text.matchAll(/^ *fragment (\w+) on \w+ \{\n.*?\n\}/gms)]
  return {
    kind,
    declarations: declared === '' ? [] : declared.split(', '),
    selection,
    aliases,
    fragments: new Map(fragments.map(([whole, name = '']) => [name, whole.trimStart()])),
  }
}

function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$(\w+)/g)].map(([, name = '']) => name)
}
