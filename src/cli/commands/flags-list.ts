import type { Answer } from '../../output/answers.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { type FlagsSeen, observedFlags } from '../observed-flags.ts'

/** How flags stand: in every environment that the config has and the token reaches, or in the one that was named. */
export async function run(context: Context): Promise<ExitCode> {
  const seen = await observedFlags(context)
  context.output.answer({
    type: 'flags',
    environments: seen.environments,
    isRehearsal: seen.isRehearsal,
    next: nextOf(seen, context),
  })
  return exitCodes.done.code
}

/** What was not finished comes first, then what is not as it should be. */
function nextOf({ environments }: FlagsSeen, { options }: Context): Extract<Answer, { type: 'flags' }>['next'] {
  for (const { environment, rollout } of environments) {
    const [first] = rollout?.flags ?? []
    if (first !== undefined) return followUp(`fakturino flags resume ${first.name} -e ${environment}`, options)
  }
  for (const { environment, flags } of environments) {
    const odd = flags.find((flag) => flag.isSplit || flag.notRunning.length > 0 || flag.isEffective === false)
    if (odd !== undefined) return followUp(`fakturino flags show ${odd.flag} -e ${environment}`, options)
  }
  return null
}
