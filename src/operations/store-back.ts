import { OperatorError } from '../kit/errors.ts'
import type { InversePatch } from '../plan/inverse-patch.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import { inverseOf, type PutBackRequest, type SwitchBack } from './decide-put-back.ts'
import type { LevelNeeds } from './deploy-levels.ts'
import { storeChanges } from './store-changes.ts'
import { switchAutoDeploy } from './switch-auto-deploy.ts'

/** Stores the inverse. Where an answer is lost, what is still to be put back is read again and only that is stored once more. */
export async function storeBack(
  request: PutBackRequest,
  now: ObservedState,
  first: InversePatch,
  needs: LevelNeeds,
): Promise<void> {
  const { author, because } = request
  const environment = now.environment.name
  let state = now
  let inverse = first
  for (let isLast = false; inverse.patch !== undefined; isLast = true) {
    needs.checkpoint()
    try {
      const reason = `puts back its changes, because ${because}`
      const patchId = await storeChanges(
        {
          state,
          patch: inverse.patch,
          // Guards that the release passed say nothing about the way back.
          author: {
            command: author.command,
            person: author.person,
            reason: author.reason === undefined ? reason : `${reason} (${author.reason})`,
          },
          allowStaged: false,
        },
        needs,
      )
      if (patchId === 'denied') throw patchesDenied(environment)
      await needs.report({ type: 'changes-put-back', environment, patchId, places: inverse.places })
      return
    } catch (error) {
      if (!(error instanceof OperatorError) || error.code !== 'mutation-unknown' || isLast) throw error
      state = await needs.platform.observe({ projectId: now.project.id, environmentId: now.environment.id })
      inverse = inverseOf(request, state)
    }
  }
}

function patchesDenied(environment: string): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `the token may not use patches in ${environment}, and nothing else puts settings back as one.`,
  })
}

/** Switches deploys on push back: they are no part of a patch. */
export async function switchBack(state: ObservedState, { services }: SwitchBack, needs: LevelNeeds): Promise<void> {
  if (services.length === 0) return
  needs.checkpoint()
  await needs.confirm()
  await switchAutoDeploy(services, state, needs)
}
