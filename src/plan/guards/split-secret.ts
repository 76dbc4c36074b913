import { listed } from '../../kit/text.ts'
import type { Guard } from './guard.ts'

export const splitSecret: Guard = {
  name: 'split-secret',
  isOverridable: true,
  refuses: 'services that share a secret would hold different values of it',
  judge({ plan }) {
    if (plan.splitSecrets.length === 0) return undefined
    const told = plan.splitSecrets.map(
      ({ secret, written, leftOut }) =>
        `${secret} would be new in ${listed(written)}, and ${listed(leftOut)} would not get it.`,
    )
    const leftOut = [...new Set(plan.splitSecrets.flatMap((split) => split.leftOut))]
    return {
      code: 'split-secret',
      severity: 'critical',
      subject: plan.environment,
      message: told.join(' '),
      fix: `Name ${listed(leftOut)} too, or no services at all, or pass --allow split-secret.`,
    }
  },
}
