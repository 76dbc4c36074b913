import { listed } from '../../kit/text.ts'
import type { Guard } from './guard.ts'

export const riskyFlagDefault: Guard = {
  name: 'risky-flag-default',
  isOverridable: true,
  refuses: 'a flag would come into being at its risky value in a protected environment',
  judge({ plan, desired }) {
    if (!desired.environment.protected) return undefined
    const risky = desired.flags.filter(
      (flag) =>
        flag.default === flag.riskyValue &&
        plan.changes.some(
          ({ action, service = '', variable }) =>
            action === 'create' && variable === flag.variable && flag.services.includes(service),
        ),
    )
    if (risky.length === 0) return undefined
    return {
      code: 'risky-flag-default',
      severity: 'critical',
      subject: plan.environment,
      message: `${listed(risky.map((flag) => `${flag.variable}=${flag.default}`))} would come into being at the risky value, in ${plan.environment}, without any evidence.`,
      fix: `Set the default of ${listed(risky.map((flag) => flag.name))} to the safe value in the config, or pass --allow risky-flag-default.`,
    }
  },
}
