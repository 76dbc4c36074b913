import { readFile } from 'node:fs/promises'
import { buildSchema, type GraphQLFieldResolver, type GraphQLSchema, isObjectType, isScalarType } from 'graphql'
import { mutations } from './resolvers/mutations.ts'
import { queries } from './resolvers/queries.ts'
import type { RequestContext } from './resolvers/request-context.ts'
import type { Resolvers } from './resolvers/resolvers.ts'
import { signed } from './resolvers/signed.ts'
import { subscriptions } from './resolvers/subscriptions.ts'
import * as things from './resolvers/things.ts'

/** Beside the sources, and in a package whose code is bundled. */
const places = ['../contract/schema.graphql', '../src/contract/schema.graphql']

const resolversByType: Record<string, Resolvers<never>> = {
  Query: queries,
  Mutation: signed(mutations),
  Project: things.project,
  Environment: things.environment,
  ServiceInstance: things.serviceInstance,
  VolumeInstance: things.volumeInstance,
  EnvironmentPatch: things.patch,
  Deployment: things.deployment,
  DeploymentEvent: things.deploymentEvent,
  HttpLog: things.httpLog,
  Log: things.log,
}

/** The contract's schema with the resolvers that make it answer. A root field that nobody resolves is an error here. */
export async function executableSchema(): Promise<GraphQLSchema> {
  const schema = buildSchema(await schemaText())
  const dateTime = schema.getType('DateTime')
  if (isScalarType(dateTime)) {
    dateTime.serialize = (value) => (typeof value === 'number' ? new Date(value).toISOString() : value)
  }
  for (const [typeName, resolvers] of Object.entries(resolversByType)) attach(schema, typeName, resolvers)
  attachSources(schema)
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      if (field.resolve === undefined) throw new Error(`The local platform does not answer ${root?.name}.${field.name}`)
    }
  }
  return schema
}

function attach(schema: GraphQLSchema, typeName: string, resolvers: Resolvers<never>): void {
  const type = schema.getType(typeName)
  if (!isObjectType(type)) throw new Error(`The contract has no type ${typeName}`)
  for (const [name, resolve] of Object.entries(resolvers)) {
    const field = type.getFields()[name]
    if (field === undefined) throw new Error(`The contract has no field ${typeName}.${name}`)
    // graphql-js checks arguments against the schema before it calls, which is what these types say.
    field.resolve = resolve as unknown as GraphQLFieldResolver<unknown, RequestContext>
  }
}

/** A subscription's field answers each event of its source as it is. */
function attachSources(schema: GraphQLSchema): void {
  const fields = schema.getSubscriptionType()?.getFields() ?? {}
  for (const [name, source] of Object.entries(subscriptions)) {
    const field = fields[name]
    if (field === undefined) throw new Error(`The contract has no subscription ${name}`)
    field.subscribe = source as unknown as GraphQLFieldResolver<unknown, RequestContext>
    field.resolve = (event) => event
  }
}

async function schemaText(): Promise<string> {
  for (const place of places) {
    const text = await readFile(new URL(place, import.meta.url), 'utf8').catch(() => undefined)
    if (text !== undefined) return text
  }
  throw new Error(`The schema of the platform's API is missing: looked for ${places.join(' and ')}`)
}
