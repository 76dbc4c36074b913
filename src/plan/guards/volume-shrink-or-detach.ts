import { listed } from '../../kit/text.ts'
import type { Guard } from './guard.ts'

/**
 * No plan shrinks or detaches a volume: a larger one is left alone, and so is one that the config does not know. Moving one to another
 * path is what remains, and it takes the files away from where the service looks for them.
 */
export const volumeShrinkOrDetach: Guard = {
  name: 'volume-shrink-or-detach',
  isOverridable: true,
  refuses: 'a volume would be mounted elsewhere, so that what is on it is not found at the old path any more',
  judge({ plan }) {
    const moves = plan.changes
      .filter(({ act }) => act.kind === 'mount-volume')
      .map(({ service, before, after }) => `${service} from ${before} to ${after}`)
    if (moves.length === 0) return undefined
    return {
      code: 'volume-shrink-or-detach',
      severity: 'critical',
      subject: plan.environment,
      message: `The plan moves the volume of ${listed(moves)}. What is on it is not seen at the old path any more.`,
      fix: 'Put the old path back into the config, or pass --allow volume-shrink-or-detach.',
    }
  },
}
