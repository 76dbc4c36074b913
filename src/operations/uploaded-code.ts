import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { isUploaded } from '../kit/uploaded-revision.ts'
import type { Plan } from '../plan/plan.ts'

/** Refuses to start anew what runs uploaded code: only whoever has the directory can bring that again. */
export function refuseWithoutCode({ deployments, environment }: Plan, brought: string | undefined): void {
  const lacking = deployments.filter(
    ({ commit, follows }) => isUploaded(commit) && commit !== brought && follows === undefined,
  )
  if (lacking.length === 0) return
  throw withoutCode(
    environment,
    lacking.map(({ service }) => service),
    lacking[0]?.commit ?? '',
  )
}

export function withoutCode(
  environment: string,
  services: readonly string[],
  revision: string | undefined,
): OperatorError {
  const where = shellWord(environment)
  return new OperatorError({
    kind: 'refused',
    code: 'uploaded-code',
    message: `${listed(services)} would have to start again with the code that runs, which is no commit but was uploaded from a directory (${shortCommit(revision ?? '')}). Nothing was started.`,
    hint: `Say which code it is to be. The newest commit: \`fakturino deploy -e ${where} --commit latest\`. The code of a directory: \`fakturino deploy -e ${where} --upload DIR\`.`,
  })
}
