import { listed } from '../../kit/text.ts'
import type { Guard } from './guard.ts'

/** So many existing services may be changed by one plan without being asked about. */
const mostServices = 4

/** What only adds does not count: a first setup, and one that goes on after an interruption, touch everything. */
export const tooManyServices: Guard = {
  name: 'too-many-services',
  isOverridable: true,
  refuses: `what is there would be changed in more than ${mostServices} services at once`,
  judge({ plan }) {
    const created = new Set(plan.changes.filter(({ setting }) => setting === 'service').map(({ service }) => service))
    const touched = new Set(
      plan.changes
        .filter(({ action, service, outOfReach }) => action !== 'create' && !outOfReach && !created.has(service))
        .flatMap(({ service }) => service ?? []),
    )
    if (touched.size <= mostServices) return undefined
    return {
      code: 'too-many-services',
      severity: 'critical',
      subject: plan.environment,
      message: `The plan changes what is there in ${touched.size} services, and more than ${mostServices} at once may be a mistake: ${listed([...touched])}.`,
      fix: 'Deploy some of them by name, or pass --allow too-many-services.',
    }
  },
}
