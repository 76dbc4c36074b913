import { listed } from '../../kit/text.ts'
import type { Guard } from './guard.ts'

export const splitRevision: Guard = {
  name: 'split-revision',
  isOverridable: true,
  refuses: 'services that share a codebase would run different commits',
  judge({ plan }) {
    const moved = plan.deployments.filter((deployment) => deployment.reasons.includes('another-commit'))
    const left = plan.leftOut.filter(
      (deployment) =>
        deployment.reasons.includes('another-commit') && moved.some(({ codebase }) => codebase === deployment.codebase),
    )
    if (left.length === 0) return undefined
    return {
      code: 'split-revision',
      severity: 'critical',
      subject: plan.environment,
      message: `${listed(moved.map((deployment) => deployment.service))} would get another commit than ${listed(left.map((deployment) => deployment.service))}, which share its codebase.`,
      fix: 'Deploy without naming services, or pass --allow split-revision.',
    }
  },
}
