import { listed } from '../../kit/text.ts'
import type { Guard } from './guard.ts'

export const workerToZero: Guard = {
  name: 'worker-to-zero',
  isOverridable: true,
  refuses: 'a service that runs would be scaled to no replicas at all',
  judge({ plan }) {
    const created = new Set(plan.changes.filter(({ setting }) => setting === 'service').map(({ service }) => service))
    const services = plan.changes
      .filter(
        ({ act, service }) =>
          act.kind === 'set' && act.setting === 'replicas' && act.value === 0 && !created.has(service),
      )
      .flatMap(({ service }) => service ?? [])
    if (services.length === 0) return undefined
    return {
      code: 'worker-to-zero',
      severity: 'critical',
      subject: plan.environment,
      message: `The plan scales ${listed(services)} to 0 replicas: nothing of ${services.length === 1 ? 'it' : 'them'} would run.`,
      fix: `Give ${listed(services)} a replica in the config, or pass --allow worker-to-zero.`,
    }
  },
}
