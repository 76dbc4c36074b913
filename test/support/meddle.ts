import { onTestFinished } from 'vitest'
import { parseRehearsalAddress } from '../../src/kit/rehearsal-address.ts'
import { plainRequest } from './graphql-request-to.ts'
import { scriptedServer } from './scripted-server.ts'
import type { Stage } from './stage.ts'

/**
 * Puts something between the commands and their platform that may change what it answers: `change` gets the operation's name and
 * the body of the answer, and gives back the body that arrives.
 */
export async function meddle(stage: Stage, change: (operation: string, body: string) => string): Promise<void> {
  const { endpoint } = stage.platform.address
  const server = await scriptedServer(async (response, { path, headers, body }) => {
    const { authorization, 'project-access-token': projectToken } = headers
    const answer = await plainRequest(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
        ...(typeof projectToken === 'string' ? { 'project-access-token': projectToken } : {}),
      },
      body,
    })
    const operation = new URL(path, endpoint).searchParams.get('operationName') ?? ''
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(change(operation, answer.body))
  })
  onTestFinished(() => server.close())
  for (const [path, text] of Object.entries(stage.files.all())) {
    const address = parseRehearsalAddress(text)
    if (address === undefined) continue
    await stage.files.writeText(path, JSON.stringify({ ...address, endpoint: `${server.url}/graphql/v2` }))
  }
}
