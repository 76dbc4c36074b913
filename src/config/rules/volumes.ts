import { critical } from '../config-finding.ts'
import type { Rule } from '../rule.ts'
import { appsOf } from '../services.ts'

/** The platform mounts a volume into one container only (PLATFORM.md §5.6). */
export const volumes: Rule = ({ config }) =>
  appsOf(config).flatMap(([name, { volume, replicas = 1, storage }]) => {
    if (volume === undefined) return []
    return [
      ...(replicas > 1
        ? [
            critical('volume-with-replicas', {
              at: `services.${name}.replicas`,
              says: `a service with a volume runs once, not ${replicas} times`,
              fix: 'keep one replica, or keep the files in object storage',
            }),
          ]
        : []),
      ...(storage === 's3'
        ? [
            critical('volume-and-object-storage', {
              at: `services.${name}.storage`,
              says: 'says that files live in object storage, but there is a volume for them',
              fix: 'remove one of the two',
            }),
          ]
        : []),
    ]
  })
