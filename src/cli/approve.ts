import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import type { Approve } from '../operations/approval.ts'
import type { Ask } from '../output/ask.ts'
import type { GlobalOptions } from './options.ts'

/** `--dry-run` and `--yes` answer by themselves; else a person is asked, and types the name of a protected environment. */
export function createApprove(options: Pick<GlobalOptions, 'yes' | 'dryRun'>, ask: () => Ask): Approve {
  return async ({ what, environments }) => {
    if (options.dryRun) return 'dry-run'
    if (options.yes) return 'option'
    const guarded = environments.filter((environment) => environment.isProtected).map(({ name }) => name)
    const [first] = guarded
    const agreed =
      first === undefined
        ? await ask().confirm(`${capitalised(what)}?`)
        : await ask().typed(
            `${capitalised(what)}? ${listed(guarded)} ${guarded.length === 1 ? 'is' : 'are'} protected: type ${first} to go on:`,
            first,
          )
    if (agreed) return 'person'
    throw new OperatorError({
      kind: 'refused',
      code: 'declined',
      message: `Declined: ${what}. Nothing was changed on the platform.`,
      hint: 'Run the same command again when it is time; with --dry-run it only shows the plan.',
    })
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
