import {
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql'
import { isRecord } from '../kit/json.ts'
import { PlatformError } from './platform-error.ts'
import type { RequestContext } from './resolvers/request-context.ts'

/** A request body that was read and whose document was checked. */
export interface PreparedRequest {
  operationName: string | undefined
  kind: 'query' | 'mutation'
  variables: Record<string, unknown>
  document: DocumentNode | undefined
  operation: OperationDefinitionNode | undefined
  /** Why it cannot be executed. */
  errors: readonly GraphQLError[]
}

export interface GraphqlAnswer {
  status: number
  body: string
}

interface CheckedDocument {
  document: DocumentNode | undefined
  errors: readonly GraphQLError[]
}

const rememberedDocuments = 1_000

/** Parses, validates and executes; documents are remembered by their text, because clients send few of them often. */
export class GraphqlEndpoint {
  readonly schema: GraphQLSchema
  readonly #documents = new Map<string, CheckedDocument>()

  constructor(schema: GraphQLSchema) {
    this.schema = schema
  }

  /** Reads a POST body: `query`, `variables` (null is absent), `operationName` (likewise). */
  prepare(body: string): PreparedRequest {
    const request = parseJson(body)
    if (!isRecord(request) || typeof request.query !== 'string') {
      return unusable(failure('The body must be a JSON object with a query', 'BAD_REQUEST'))
    }
    const { document, errors } = this.#check(request.query)
    const variables = isRecord(request.variables) ? request.variables : {}
    const asked = typeof request.operationName === 'string' ? request.operationName : undefined
    const operation = document && (getOperationAST(document, asked) ?? undefined)
    const missing = document !== undefined && operation === undefined
    const isStream = operation?.operation === 'subscription'
    return {
      operationName: asked ?? operation?.name?.value,
      kind: operation?.operation === 'mutation' ? 'mutation' : 'query',
      variables,
      document,
      operation,
      errors: missing
        ? [failure(`There is no operation ${asked ?? 'to choose'}`, 'OPERATION_RESOLUTION_FAILURE')]
        : isStream
          ? [failure('Subscriptions need a WebSocket', 'BAD_REQUEST')]
          : errors,
    }
  }

  async answer(request: PreparedRequest, context: RequestContext): Promise<GraphqlAnswer> {
    const { document, operation, errors, variables } = request
    if (errors.length > 0 || document === undefined || operation === undefined) return refused(errors)
    const result = await execute({
      schema: this.schema,
      document,
      variableValues: variables,
      contextValue: context,
      ...(operation.name && { operationName: operation.name.value }),
    })
    if (result.data === undefined) return refused(result.errors ?? [], 'BAD_USER_INPUT')
    // Only what the platform says in its own words is an answer; anything else is a mistake of ours and must not look like one.
    const mistake = result.errors?.find(({ originalError }) => !(originalError instanceof PlatformError))
    if (mistake !== undefined) throw mistake
    const failed = result.errors?.map((error) => shown(error, 'INTERNAL_SERVER_ERROR'))
    return { status: 200, body: JSON.stringify({ ...(failed && { errors: failed }), data: result.data }) }
  }

  #check(text: string): CheckedDocument {
    const known = this.#documents.get(text)
    if (known !== undefined) return known
    const checked = this.#parsed(text)
    if (this.#documents.size >= rememberedDocuments) this.#documents.clear()
    this.#documents.set(text, checked)
    return checked
  }

  #parsed(text: string): CheckedDocument {
    try {
      const document = parse(text)
      const errors = validate(this.schema, document).map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'))
      return errors.length > 0 ? { document: undefined, errors } : { document, errors }
    } catch (error) {
      if (error instanceof GraphQLError) return { document: undefined, errors: [coded(error, 'GRAPHQL_PARSE_FAILED')] }
      throw error
    }
  }
}

/** Nothing was executed: 400, and no `data`. */
function refused(errors: readonly GraphQLError[], code = 'BAD_REQUEST'): GraphqlAnswer {
  return { status: 400, body: JSON.stringify({ errors: errors.map((error) => shown(error, code)) }) }
}

function shown(error: GraphQLError, code: string) {
  const { message, locations, path, extensions } = error
  return { message, locations, ...(path && { path }), extensions: { code, ...extensions } }
}

function coded(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source,
    positions: error.positions,
    extensions: { code },
  })
}

function failure(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

function unusable(error: GraphQLError): PreparedRequest {
  return {
    operationName: undefined,
    kind: 'query',
    variables: {},
    document: undefined,
    operation: undefined,
    errors: [error],
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
