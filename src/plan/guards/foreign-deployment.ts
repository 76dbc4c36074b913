import { listed, shortCommit } from '../../kit/text.ts'
import type { Guard } from './guard.ts'

export const foreignDeployment: Guard = {
  name: 'foreign-deployment',
  isOverridable: true,
  refuses: 'a deployment that somebody else started is on its way and would be ended',
  judge({ plan }) {
    const ended = plan.deployments.flatMap(({ service, replaces }) =>
      replaces === undefined || replaces.isOurs ? [] : [{ service, commit: replaces.commit }],
    )
    if (ended.length === 0) return undefined
    const told = ended.map(({ service, commit }) =>
      commit === undefined ? service : `${service} (${shortCommit(commit)})`,
    )
    return {
      code: 'foreign-deployment',
      severity: 'critical',
      subject: plan.environment,
      message: `A deployment that was not started here is on its way for ${listed(told)}: by a push, or by somebody else. This would end it.`,
      fix: 'Wait until it is over, or pass --allow foreign-deployment.',
    }
  },
}
