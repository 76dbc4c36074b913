import { listed } from '../../kit/text.ts'
import type { PlannedDeployment } from '../plan.ts'
import type { Guard } from './guard.ts'

export const splitRevision: Guard = {
  name: 'split-revision',
  isOverridable: true,
  refuses: 'services that share a codebase would run different commits',
  judge({ plan }) {
    const left = plan.leftOut.filter(getsCommit)
    const codebases = new Set(left.map(({ codebase }) => codebase))
    const moved = plan.deployments.filter(
      (deployment) =>
        codebases.has(deployment.codebase) && (getsCommit(deployment) || deployment.reasons.includes('never-deployed')),
    )
    if (moved.length === 0) return undefined
    const behind = left.filter(({ codebase }) => moved.some((deployment) => deployment.codebase === codebase))
    return {
      code: 'split-revision',
      severity: 'critical',
      subject: plan.environment,
      message: `${listed(moved.map((deployment) => deployment.service))} would get another commit than ${listed(behind.map((deployment) => deployment.service))}, which share its codebase.`,
      fix: 'Deploy without naming services, or pass --allow split-revision.',
    }
  },
}

function getsCommit({ reasons }: PlannedDeployment): boolean {
  return reasons.includes('another-commit') || reasons.includes('newest-commit')
}
