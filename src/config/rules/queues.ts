import type { Finding } from '../../kit/finding.ts'
import { advisory, critical } from '../config-finding.ts'
import type { Rule, Subject } from '../rule.ts'
import { appsOf } from '../services.ts'

/** Every queue that is spoken of has a consumer, and a store that does not throw its jobs away. */
export const queues: Rule = (subject) => [...unconsumed(subject), ...evicted(subject)]

function unconsumed({ config }: Subject): Finding[] {
  return appsOf(config).flatMap(([name, { queues: own = [], start = '' }]) => {
    const [, list] = /--queue[= ]([^\s'"]+)/.exec(start) ?? []
    if (list === undefined) return []
    const consumed = list.split(',')
    return own
      .filter((queue) => !consumed.includes(queue))
      .map((queue) =>
        critical('queue-not-in-command', {
          at: `services.${name}.queues`,
          says: `'${queue}' is not in its start command, so nobody would work on it`,
          fix: `write '--queue=${[...consumed, queue].join(',')}'`,
        }),
      )
  })
}

function evicted({ config }: Subject): Finding[] {
  if (!appsOf(config).some(([, app]) => (app.queues ?? []).length > 0)) return []
  return Object.entries(config.services).flatMap(([name, service]) =>
    service.kind === 'redis' && service.eviction.startsWith('allkeys-')
      ? [
          advisory('queues-may-be-evicted', {
            at: `services.${name}.eviction`,
            says: `'${service.eviction}' removes queued jobs when memory is short`,
            fix: "use 'noeviction', or a second Redis for the cache",
          }),
        ]
      : [],
  )
}
