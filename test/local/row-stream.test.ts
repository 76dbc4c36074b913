import { type ExecutionResult, isObjectType, parse, subscribe } from 'graphql'
import { expect, test } from 'vitest'
import { batchFeed } from '../../src/local/batch-feed.ts'
import { executableSchema } from '../../src/local/executable-schema.ts'
import { subscribeToRows } from '../../src/local/row-stream.ts'

const fields = 'timestamp message severity attributes { key value } tags { deploymentId serviceId snapshotId }'
const tag = 'fragment Tag on LogTags { service: serviceId }'

const deployment = {
  id: 'd1',
  snapshotId: 's1',
  instance: { service: { id: 'one' }, environment: { id: 'e', project: {} } },
}
const row = {
  time: '2026-11-03T09:00:00.000000000Z',
  kind: 'deploy',
  message: 'line',
  severity: 'warn',
  attributes: { shop: { id: 1 }, list: [null] },
  deployment,
  instanceId: undefined,
}

/** The schema with a source of our own behind `environmentLogs`. */
async function aSchema(events: object[][]) {
  const schema = await executableSchema()
  const stopped = { times: 0 }
  const logs = schema.getSubscriptionType()?.getFields().environmentLogs
  if (logs === undefined) throw new Error('There is no such subscription')
  logs.subscribe = () => {
    const [first = [], ...others] = events
    return batchFeed<object>(first, (push, end) => {
      for (const event of others) push(event)
      if (others.length > 0) end()
      return () => {
        stopped.times += 1
      }
    })
  }
  return { schema, stopped }
}

type Subscribe = typeof subscribeToRows

async function all(how: Subscribe | typeof subscribe, query: string): Promise<unknown[]> {
  const { schema } = await aSchema([[row, { ...row, message: 'other', kind: 'build' }], [row]])
  const stream = await how({ schema, document: parse(query), contextValue: {}, variableValues: { yes: true } })
  if (!(Symbol.asyncIterator in stream)) return [stream]
  const results: ExecutionResult[] = []
  for await (const result of stream) results.push(result)
  return JSON.parse(JSON.stringify(results)) as unknown[]
}

test.each<[string, string]>([
  ['fields', `subscription { environmentLogs(environmentId: "e") { ${fields} } }`],
  ['aliases', 'subscription { rows: environmentLogs(environmentId: "e") { text: message at: timestamp } }'],
  [
    'fragments',
    `subscription { environmentLogs(environmentId: "e") { ...Row } } fragment Row on Log { message tags { ...Tag } } ${tag}`,
  ],
  [
    'fragments in place',
    'subscription { environmentLogs(environmentId: "e") { ... on Log { message } ... { severity } } }',
  ],
  [
    'a field twice',
    'subscription { environmentLogs(environmentId: "e") { message message tags { serviceId } tags { deploymentId } } }',
  ],
  ['the name of a type', 'subscription { environmentLogs(environmentId: "e") { __typename message } }'],
  [
    'what is left out',
    'subscription($yes: Boolean!) { environmentLogs(environmentId: "e") { message severity @skip(if: $yes) } }',
  ],
])('rows are shown as the library shows them: %s', async (_, query) => {
  const shown = await all(subscribeToRows, query)
  expect(shown).toHaveLength(2)
  expect(shown).toEqual(await all(subscribe, query))
})

test('what a field makes of more than the row is left to the library', async () => {
  const { schema } = await aSchema([[row]])
  const type = schema.getType('Log')
  if (!isObjectType(type)) throw new Error('There are no rows')
  const field = type.getFields().message
  if (field === undefined) throw new Error('Rows have no message')
  field.resolve = (_row, _args, { viewer }, { fieldName }) => `${fieldName} for ${viewer}`
  const document = parse('subscription { environmentLogs(environmentId: "e") { message } }')
  const stream = await subscribeToRows({ schema, document, contextValue: { viewer: 'nina' } })
  if (!(Symbol.asyncIterator in stream)) throw new Error('Refused')
  expect((await stream.next()).value).toEqual({ data: { environmentLogs: [{ message: 'message for nina' }] } })
  await stream.return()
})

test('a reader that leaves while it waits ends the source', async () => {
  const { schema, stopped } = await aSchema([[row]])
  const document = parse('subscription { environmentLogs(environmentId: "e") { message } }')
  const stream = await subscribeToRows({ schema, document })
  if (!(Symbol.asyncIterator in stream)) throw new Error('Refused')
  await stream.next()
  const waiting = stream.next()
  await stream.return()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(stopped.times).toBeGreaterThan(0)
})

test('a refusal is an answer with errors, as the library gives it', async () => {
  const schema = await executableSchema()
  const document = parse('subscription { environmentLogs(environmentId: "e") { message } }')
  const contextValue = {
    environment: () => {
      throw new Error('Environment not found')
    },
  }
  const refused = await subscribeToRows({ schema, document, contextValue })
  expect(refused).toMatchObject({ errors: [{ message: 'Environment not found' }] })
})
