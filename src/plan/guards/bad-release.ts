import { listed, shortCommit } from '../../kit/text.ts'
import type { Guard } from './guard.ts'

export const badRelease: Guard = {
  name: 'bad-release',
  isOverridable: true,
  refuses: 'a commit would be deployed that rollback --mark-bad left as bad',
  judge({ plan }) {
    const marked = plan.deployments.filter(({ markedBad }) => markedBad !== undefined)
    const [first] = marked
    if (first?.commit === undefined || first.markedBad === undefined) return undefined
    const { by, reason } = first.markedBad
    const why = reason === undefined ? '' : ` (${reason})`
    return {
      code: 'bad-release',
      severity: 'critical',
      subject: plan.environment,
      message: `${listed(marked.map(({ service }) => service))} would get ${shortCommit(first.commit)}, which ${by} marked bad when it was rolled back${why}.`,
      fix: 'Deploy another commit, or pass --allow bad-release; where that deploy succeeds, the mark goes.',
    }
  },
}
