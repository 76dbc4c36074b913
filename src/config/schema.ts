import * as v from 'valibot'
import type { FakturinoConfig } from './fakturino-config.ts'
import { flags, metrics, validation } from './schema-rollout.ts'
import { services } from './schema-services.ts'
import {
  amount,
  duration,
  fields,
  httpStatus,
  named,
  plainName,
  serviceName,
  text,
  textLike,
  urlPath,
  variableName,
  wholeNumber,
} from './shape.ts'

const domain = textLike(/^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'a domain without scheme or path')

const migrationPlace = v.picklist(['pre-deploy', 'ssh', 'run'])

const environment = fields({
  branch: text,
  protected: v.exactOptional(v.boolean()),
  validates: v.exactOptional(text),
  domains: v.exactOptional(named(serviceName, domain)),
  migrations: v.exactOptional(fields({ place: migrationPlace })),
})

const secret = fields({
  purpose: v.exactOptional(text),
  generate: v.exactOptional(v.picklist(['laravel-key', 'letters', 'hex'])),
  requiredBy: v.exactOptional(v.array(serviceName)),
})

const check = fields({
  service: serviceName,
  path: urlPath,
  status: v.exactOptional(v.union([httpStatus, v.array(httpStatus)], 'must be an HTTP status, or a list of them')),
  interval: v.exactOptional(duration),
  timeout: v.exactOptional(duration),
  format: v.exactOptional(v.picklist(['status', 'health', 'prometheus'])),
  flag: v.exactOptional(text),
  advisory: v.exactOptional(v.array(text)),
  use: v.exactOptional(v.picklist(['gating', 'observed'])),
})

const soak = fields({
  duration: v.exactOptional(duration),
  interval: v.exactOptional(duration),
  failureLimit: v.exactOptional(amount),
  consecutiveLimit: v.exactOptional(amount),
  minimumProbes: v.exactOptional(amount),
  minimumRequests: v.exactOptional(wholeNumber),
  baseline: v.exactOptional(duration),
  evidence: v.exactOptional(duration),
})

const postDeployStep = fields({
  command: text,
  service: serviceName,
  place: v.picklist(['pre-deploy', 'start', 'container']),
})

const timing = fields({
  command: v.exactOptional(duration),
  queue: v.exactOptional(duration),
  build: v.exactOptional(duration),
  preDeploy: v.exactOptional(duration),
  healthMargin: v.exactOptional(duration),
  verify: v.exactOptional(duration),
  settle: v.exactOptional(duration),
  probe: v.exactOptional(duration),
})

/** The shape of a config. Whether its names lead anywhere is for the rules. */
export const configSchema: v.GenericSchema<unknown, FakturinoConfig> = fields({
  project: fields({ name: text, id: v.exactOptional(text) }),
  repository: textLike(/^[\w.-]+\/[\w.-]+$/, "a repository such as 'owner/name'"),
  databaseEngine: v.picklist(['postgres', 'mysql']),
  environments: named(plainName, environment),
  services,
  flags: v.exactOptional(flags),
  secrets: v.exactOptional(named(variableName, secret)),
  checks: v.exactOptional(named(plainName, check)),
  metrics: v.exactOptional(metrics),
  soak: v.exactOptional(soak),
  validation: v.exactOptional(validation),
  migrations: v.exactOptional(fields({ service: serviceName, place: migrationPlace })),
  postDeploy: v.exactOptional(v.array(postDeployStep)),
  knownIssues: v.exactOptional(v.array(fields({ finding: text, subject: text, reason: text }))),
  timing: v.exactOptional(timing),
})
