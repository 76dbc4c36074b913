import * as v from 'valibot'
import { fields, httpStatus, metricName, named, plainName, serviceName, text, urlPath, variableName } from './shape.ts'

const flag = fields({
  variable: variableName,
  default: v.boolean(),
  riskyValue: v.boolean(),
  services: v.pipe(v.array(serviceName), v.nonEmpty('must name a service that reads it')),
  sections: v.lazy((input) => (Array.isArray(input) ? v.array(plainName) : everySection)),
  requires: v.exactOptional(
    fields({
      services: v.exactOptional(v.array(serviceName)),
      secrets: v.exactOptional(v.array(variableName)),
      queues: v.exactOptional(v.array(text)),
    }),
  ),
  effect: v.exactOptional(fields({ service: serviceName, path: urlPath, on: httpStatus, off: httpStatus })),
})

const everySection = v.literal('every', "must be a list of sections, or 'every'")

/** The features that can be switched. */
export const flags = named(plainName, flag)

const threshold = v.lazy((input) =>
  typeof input === 'object' && input !== null && 'above' in input
    ? fields({ above: v.number() })
    : fields({ below: v.number() }),
)

/** What is read from `/metrics`, and how it is judged. */
export const metrics = named(
  metricName,
  fields({
    means: text,
    labels: v.exactOptional(v.array(text)),
    use: v.picklist(['gating', 'observed']),
    measure: v.exactOptional(v.picklist(['value', 'growth'])),
    missing: v.exactOptional(v.number()),
    critical: v.exactOptional(threshold),
    advisory: v.exactOptional(threshold),
  }),
)

const item = v.lazy((input) => (typeof input === 'string' ? text : fields({ item: text, check: plainName })))

/** The staging checklist. */
export const validation = named(plainName, fields({ title: text, items: v.array(item) }))
