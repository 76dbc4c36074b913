import { listed, shortCommit } from '../../kit/text.ts'
import { codeOption } from '../../kit/uploaded-revision.ts'
import { liveDeployment } from '../../plan/plan-deployments.ts'
import { failed, passed } from '../check.ts'
import { observedService } from '../check-subject.ts'
import type { Check } from '../check-tools.ts'

/** Services of one codebase run the same commit: a job that one of them dispatches is read by another. */
export const oneRevision: Check = async (subject) => {
  const byCodebase = new Map<string, { service: string; commit: string }[]>()
  for (const { name: service, codebase } of subject.services) {
    const commit = liveDeployment(observedService(subject, service))?.commit
    if (codebase === undefined || commit === undefined) continue
    byCodebase.set(codebase, [...(byCodebase.get(codebase) ?? []), { service, commit }])
  }
  return [...byCodebase.values()].flatMap((runs) => {
    const [first] = runs
    if (first === undefined || runs.length < 2) return []
    const asked = { check: 'one-revision', service: first.service }
    if (runs.every(({ commit }) => commit === first.commit)) return [passed(asked)]
    return [
      failed(asked, {
        code: 'revision-split',
        severity: 'advisory',
        message: `Services of one codebase run different commits: ${listed(runs.map(({ service, commit }) => `${service} ${shortCommit(commit)}`))}.`,
        evidence: Object.fromEntries(runs.map(({ service, commit }) => [service, commit])),
        fix: `Run: fakturino deploy ${codeOption(first.commit)}`,
      }),
    ]
  })
}
