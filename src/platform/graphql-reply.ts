import type { HttpClient, HttpHeaders } from '../kit/http.ts'
import { HttpError } from '../kit/http-error.ts'
import { isRecord } from '../kit/json.ts'
import { textOf } from './shape.ts'

/** What came back for one request, good or bad; the errors that libraries throw end here. */
export type Reply = { kind: 'no-answer'; error: HttpError } | GraphqlReply

export interface GraphqlReply {
  kind: 'answer'
  status: number
  headers: HttpHeaders
  /** The body was GraphQL's JSON. */
  isGraphql: boolean
  /** Undefined where the answer had none. */
  data: Record<string, unknown> | undefined
  errors: GraphqlProblem[]
}

/** One error of the platform's own, and nothing else of it: neither query nor variables nor body. */
interface GraphqlProblem {
  message: string
  code: string | undefined
}

/** One request as it goes out. */
export interface GraphqlRequest {
  url: string
  /** Operation first, fragments after it. */
  text: string
  variables: Record<string, unknown>
  /** Added last, past the library: an error about a header must not be able to show it. */
  headers: () => Record<string, string>
  connectMs: number
  wholeMs: number
  signal?: AbortSignal | undefined
}

/** What the library would send too; named here, because reading its own would load the whole of Node's HTTP client. */
const contentHeaders = {
  accept: 'application/graphql-response+json, application/json',
  'content-type': 'application/json',
}

/**
 * Sends one request through graphql-request over our own HTTP. Never throws what the library throws: its errors hold the query,
 * all variables and the whole body.
 */
export async function exchangeGraphql(http: HttpClient, request: GraphqlRequest): Promise<Reply> {
  // Loaded with the first request: commands that ask nothing do not wait for it.
  const { GraphQLClient, ClientError } = await import('graphql-request')
  let seen: { status: number; headers: HttpHeaders } | undefined
  const client = new GraphQLClient(request.url, {
    errorPolicy: 'all',
    fetch: async (url, init) => {
      const answer = await http.exchange({
        url: String(url),
        method: 'POST',
        headers: { ...contentHeaders, ...request.headers() },
        body: String(init?.body),
        connectMs: request.connectMs,
        wholeMs: request.wholeMs,
        signal: request.signal,
      })
      seen = answer
      const { status, headers, body } = answer
      const response = { status, ok: status >= 200 && status < 300, headers, text: () => Promise.resolve(body) }
      return response as unknown as Response
    },
  })
  const answered = (content: { data?: unknown; errors?: unknown }, isGraphql: boolean): Reply => {
    if (seen === undefined) throw new Error('an answer without an exchange')
    const data = isRecord(content.data) ? content.data : undefined
    return {
      kind: 'answer',
      status: seen.status,
      headers: seen.headers,
      isGraphql,
      data,
      errors: problemsIn(content.errors),
    }
  }
  try {
    return answered(await client.rawRequest(request.text, request.variables), true)
  } catch (thrown) {
    if (thrown instanceof HttpError) return { kind: 'no-answer', error: thrown }
    if (thrown instanceof ClientError) return answered(thrown.response, isGraphqlBody(thrown.response))
    if (seen !== undefined) return answered({}, false)
    throw thrown
  }
}

function isGraphqlBody(response: { data?: unknown; errors?: unknown }): boolean {
  return isRecord(response.data) || problemsIn(response.errors).length > 0
}

function problemsIn(errors: unknown): GraphqlProblem[] {
  const list: unknown[] = Array.isArray(errors) ? errors : errors === undefined || errors === null ? [] : [errors]
  return list.map((error) => ({
    message: (isRecord(error) ? textOf(error.message) : undefined) ?? 'an error without a message',
    code: isRecord(error) && isRecord(error.extensions) ? textOf(error.extensions.code) : undefined,
  }))
}
