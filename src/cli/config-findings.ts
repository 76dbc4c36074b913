import type { LoadedConfig } from '../config/load.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Context } from './context.ts'
import type { Purpose } from './target.ts'

/**
 * Says what the config's rules found, except what its `knownIssues` accept. The example repository is enough for a rehearsal, which
 * has one of that name; on Railway nothing could be built from it, so nothing is changed there.
 */
export async function tellFindings(
  context: Context,
  { findings, path }: LoadedConfig,
  purpose: Purpose,
): Promise<void> {
  const { isRehearsal } = await context.access()
  for (const finding of findings) {
    if (finding.evidence?.known === true) continue
    const isExample = finding.code === 'unset-repository'
    if (isExample && isRehearsal) continue
    if (isExample && purpose === 'changing') {
      throw new OperatorError({
        kind: 'usage',
        code: 'config-invalid',
        message: `${path}: ${finding.subject} is still the example's, and Railway could build nothing from it. Nothing was changed.`,
        hint: `${finding.fix ?? ''} Or rehearse first: fakturino rehearse`.trim(),
      })
    }
    context.output.notice(`${finding.subject}: ${finding.message}${finding.fix === undefined ? '' : ` ${finding.fix}`}`)
  }
}
