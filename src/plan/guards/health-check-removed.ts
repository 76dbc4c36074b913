import { listed } from '../../kit/text.ts'
import type { Guard } from './guard.ts'

/** Without a health check the platform takes a deployment for good as soon as its container has started. */
export const healthCheckRemoved: Guard = {
  name: 'health-check-removed',
  isOverridable: true,
  refuses: 'a health check would be taken away, so that a broken deployment could go live',
  judge({ plan }) {
    const services = plan.changes
      .filter(({ setting, action }) => setting === 'healthcheckPath' && action === 'delete')
      .flatMap(({ service, before }) => (service === undefined ? [] : [`${service} (${before})`]))
    if (services.length === 0) return undefined
    return {
      code: 'health-check-removed',
      severity: 'critical',
      subject: plan.environment,
      message: `The plan takes the health check of ${listed(services)} away. Without one a deployment that answers nothing goes live all the same.`,
      fix: 'Put it back into the config, or pass --allow health-check-removed.',
    }
  },
}
