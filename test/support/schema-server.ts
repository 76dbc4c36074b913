import { readFileSync } from 'node:fs'
import { buildSchema, execute, parse, validate } from 'graphql'
import { answerJson, type ScriptedServer, scriptedServer } from './scripted-server.ts'

const schema = buildSchema(readFileSync(new URL('../../src/contract/schema.graphql', import.meta.url), 'utf8'))

/** What one request asked, as the server understood it. */
interface AskedOperation {
  name: string
  variables: Record<string, unknown>
}

export interface SchemaServer extends ScriptedServer {
  asked: AskedOperation[]
}

/** Answers by executing each request against our schema, with `root` as its world; an invalid request is answered with 400. */
export async function schemaServer(root: () => object, headers: Record<string, string> = {}): Promise<SchemaServer> {
  const asked: AskedOperation[] = []
  const server = await scriptedServer(async (response, { body }) => {
    const { query, variables, operationName } = JSON.parse(body)
    asked.push({ name: operationName, variables })
    const document = parse(query)
    const errors = validate(schema, document)
    if (errors.length > 0) return answerJson(response, { errors }, { status: 400, headers })
    const result = await execute({ schema, document, rootValue: root(), variableValues: variables, operationName })
    answerJson(response, result, { headers })
  })
  return { ...server, asked }
}

interface PageRequest {
  first?: number | null
  after?: string | null
}

/** A Relay list, `cap` nodes a page at most. */
export function connection<Node>(nodes: Node[], cap = 500) {
  return ({ first, after }: PageRequest) => {
    const start = after ? Number(after) : 0
    const page = nodes.slice(start, start + Math.min(first ?? 5, cap))
    const end = start + page.length
    return {
      edges: page.map((node, nth) => ({ node, cursor: String(start + nth + 1) })),
      pageInfo: {
        endCursor: page.length === 0 ? null : String(end),
        startCursor: null,
        hasNextPage: end < nodes.length,
        hasPreviousPage: start > 0,
      },
    }
  }
}
