import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getOperationAST,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  subscribe,
} from 'graphql'
import { isRecord } from '../kit/json.ts'

type Show = (value: unknown) => unknown
type Stream = AsyncGenerator<ExecutionResult, void, void>

/**
 * Subscribes as the library does. Where each event is a list of plain rows, how a row is shown is worked out once and not for each of
 * them: executing the document for every row of a busy log would take most of the platform's time.
 */
export async function subscribeToRows(args: ExecutionArgs): Promise<Stream | ExecutionResult> {
  const plain = plainRows(args)
  if (plain === undefined) return subscribe(args)
  const source = await createSourceEventStream(args)
  return Symbol.asyncIterator in source ? shown(source, plain.key, plain.show) : source
}

/** No generator: one that waits for an event could not be left before it comes. */
function shown(source: AsyncIterable<unknown>, key: string, show: Show): Stream {
  const events = source[Symbol.asyncIterator]()
  const leave = async (): Promise<IteratorReturnResult<undefined>> => {
    await events.return?.()
    return { done: true, value: undefined }
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      const event = await events.next()
      return event.done
        ? { done: true, value: undefined }
        : { done: false, value: { data: { [key]: show(event.value) } } }
    },
    return: leave,
    async throw(error) {
      await leave()
      throw error
    },
  }
}

/** Undefined where a document asks for anything that only an execution can answer. */
function plainRows({ schema, document, operationName }: ExecutionArgs): { key: string; show: Show } | undefined {
  const operation = getOperationAST(document, operationName)
  const [field, ...others] = operation?.selectionSet.selections ?? []
  if (field?.kind !== Kind.FIELD || others.length > 0 || isConditional(field)) return undefined
  const type = schema.getSubscriptionType()?.getFields()[field.name.value]?.type
  if (type === undefined || !isListType(isNonNullType(type) ? type.ofType : type)) return undefined
  const show = showing(document, type, field.selectionSet)
  return show && { key: keyOf(field), show }
}

function showing(
  document: DocumentNode,
  type: GraphQLOutputType,
  selected: SelectionSetNode | undefined,
): Show | undefined {
  if (isNonNullType(type)) return showing(document, type.ofType, selected)
  if (isListType(type)) {
    const one = showing(document, type.ofType, selected)
    return one && ((value) => (Array.isArray(value) ? value.map(one) : null))
  }
  if (isLeafType(type)) return (value) => (value == null ? null : type.serialize(value))
  return isObjectType(type) && selected !== undefined ? showingObject(document, type, selected) : undefined
}

function showingObject(document: DocumentNode, type: GraphQLObjectType, selected: SelectionSetNode): Show | undefined {
  const fields = fieldsOf(document, type, selected)
  if (fields === undefined) return undefined
  const parts: { key: string; read: Show }[] = []
  for (const field of fields) {
    const part = showingField(document, type, field)
    if (part === undefined || parts.some(({ key }) => key === part.key)) return undefined
    parts.push(part)
  }
  return (value) => {
    if (!isRecord(value)) return null
    const object: Record<string, unknown> = {}
    for (const { key, read } of parts) object[key] = read(value)
    return object
  }
}

function showingField(
  document: DocumentNode,
  type: GraphQLObjectType,
  field: FieldNode,
): { key: string; read: Show } | undefined {
  const name = field.name.value
  const defined = type.getFields()[name]
  if (defined === undefined || defined.args.length > 0) return undefined
  const show = showing(document, defined.type, field.selectionSet)
  if (show === undefined) return undefined
  const { resolve } = defined
  if (resolve === undefined)
    return { key: keyOf(field), read: (source) => show(isRecord(source) ? source[name] : undefined) }
  return looksAtRowAlone(resolve) ? { key: keyOf(field), read: (source) => show(resolve(source)) } : undefined
}

/** One that declares more parameters needs what only an execution has. */
function looksAtRowAlone(resolve: GraphQLFieldResolver<unknown, unknown>): resolve is Show {
  return resolve.length <= 1
}

/** All fields, those of fragments too; undefined where some of them may be left out, or are of another type. */
function fieldsOf(
  document: DocumentNode,
  type: GraphQLObjectType,
  { selections }: SelectionSetNode,
): FieldNode[] | undefined {
  const fields: FieldNode[] = []
  for (const selection of selections) {
    if (isConditional(selection)) return undefined
    if (selection.kind === Kind.FIELD) {
      fields.push(selection)
      continue
    }
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection
        : document.definitions.find(
            (other) => other.kind === Kind.FRAGMENT_DEFINITION && other.name.value === selection.name.value,
          )
    if (fragment === undefined || !('selectionSet' in fragment)) return undefined
    const inner = fieldsOf(document, type, fragment.selectionSet)
    if (inner === undefined) return undefined
    fields.push(...inner)
  }
  return fields
}

function isConditional({ directives = [] }: { readonly directives?: readonly unknown[] | undefined }): boolean {
  return directives.length > 0
}

function keyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value
}
