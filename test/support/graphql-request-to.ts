import { request } from 'node:http'

export interface PlainAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

export interface PlainRequest {
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** One HTTP request without any client in between; rejects when the connection breaks. */
export function plainRequest(
  url: string,
  { method = 'GET', headers = {}, body }: PlainRequest = {},
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts).toString() }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

interface GraphqlBody {
  data?: unknown
  errors?: { message: string; path?: (string | number)[]; extensions?: Record<string, unknown> }[]
}

export interface GraphqlAnswer extends PlainAnswer {
  json: GraphqlBody
}

/** One GraphQL request, with the headers it is given and nothing else. */
export async function graphqlRequestTo(
  endpoint: string,
  headers: Record<string, string>,
  body: { query: string; variables?: Record<string, unknown> | null; operationName?: string | null },
): Promise<GraphqlAnswer> {
  const answer = await plainRequest(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { ...answer, json: JSON.parse(answer.body) as GraphqlBody }
}
