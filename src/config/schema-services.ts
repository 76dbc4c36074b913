import * as v from 'valibot'
import {
  duration,
  fields,
  httpStatus,
  named,
  plainName,
  port,
  serviceName,
  size,
  text,
  textLike,
  urlPath,
  variableName,
  wholeNumber,
} from './shape.ts'

const domain = fields({
  kind: v.picklist(['public-domain', 'private-domain']),
  service: v.exactOptional(serviceName),
})

const expression = v.variant(
  'kind',
  [
    fields({ kind: v.literal('reference'), service: serviceName, variable: variableName }),
    fields({ kind: v.literal('shared'), variable: variableName }),
    fields({ kind: v.literal('secret'), secret: variableName }),
    domain,
    fields({ kind: v.literal('url'), of: domain }),
  ],
  'must be text, or what ref(), shared(), secret(), url() and their like give; numbers go in quotes',
)

const simpleValue = v.lazy((input) => (typeof input === 'string' ? v.string() : expression))

const perEnvironment = fields({ kind: v.literal('per-environment'), values: named(plainName, simpleValue) })

const variables = named(
  variableName,
  v.lazy((input) => (isPerEnvironment(input) ? perEnvironment : simpleValue)),
)

function isPerEnvironment(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'kind' in input && input.kind === 'per-environment'
}

const source = v.lazy((input) => {
  if (typeof input === 'object' && input !== null && 'image' in input) return fields({ image: text })
  return fields({
    repository: textLike(/^[\w.-]+\/[\w.-]+$/, "a repository such as 'owner/name'"),
    branch: v.exactOptional(text),
  })
})

const revision = v.lazy((input) =>
  typeof input === 'object' && input !== null && 'header' in input
    ? fields({ path: urlPath, header: text })
    : fields({ path: urlPath, field: text }),
)

const mountPath = textLike(/^\/\S+$/, "an absolute path such as '/data'")

const app = fields({
  kind: v.literal('app'),
  purpose: v.exactOptional(text),
  status: v.exactOptional(v.literal('pending')),
  reason: v.exactOptional(text),
  source: v.exactOptional(source),
  build: v.exactOptional(text),
  preDeploy: v.exactOptional(v.lazy((input) => (Array.isArray(input) ? v.array(text) : text))),
  start: v.exactOptional(text),
  healthcheck: v.exactOptional(
    fields({
      path: urlPath,
      deployTimeout: v.exactOptional(duration),
      interval: v.exactOptional(duration),
      timeout: v.exactOptional(duration),
      status: v.exactOptional(httpStatus),
    }),
  ),
  restart: v.exactOptional(v.picklist(['on-failure', 'always', 'never'])),
  restartRetries: v.exactOptional(wholeNumber),
  replicas: v.exactOptional(wholeNumber),
  region: v.exactOptional(text),
  port: v.exactOptional(port),
  variables: v.exactOptional(variables),
  volume: v.exactOptional(fields({ mountPath, size })),
  storage: v.exactOptional(v.literal('s3')),
  domain: v.exactOptional(v.boolean()),
  queues: v.exactOptional(v.array(text)),
  schedule: v.exactOptional(v.array(fields({ job: text, when: text, flag: v.exactOptional(text) }))),
  autoDeploy: v.exactOptional(v.boolean()),
  revision: v.exactOptional(revision),
})

const majorVersion = textLike(/^\d+(\.\d+)*$/, "a version in quotes such as '15'")

const postgres = fields({
  kind: v.literal('postgres'),
  purpose: v.exactOptional(text),
  version: majorVersion,
  storage: size,
  variables: v.exactOptional(variables),
})

const redis = fields({
  kind: v.literal('redis'),
  purpose: v.exactOptional(text),
  version: majorVersion,
  storage: size,
  memory: size,
  eviction: v.picklist([
    'noeviction',
    'allkeys-lru',
    'allkeys-lfu',
    'allkeys-random',
    'volatile-lru',
    'volatile-lfu',
    'volatile-random',
    'volatile-ttl',
  ]),
  variables: v.exactOptional(variables),
})

/** The services, by name. */
export const services = named(serviceName, v.variant('kind', [app, postgres, redis]))
