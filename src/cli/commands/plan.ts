import { planEnvironment } from '../../operations/plan-environment.ts'
import { isEmpty } from '../../plan/plan.ts'
import { askedCommit } from '../asked-commit.ts'
import { type CommandInput, isGiven, textOption } from '../command.ts'
import { tellFindings } from '../config-findings.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { suppliedSecrets } from '../supplied-secrets.ts'
import { desiredBy, wantedEnvironment } from '../target.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const loaded = await context.config()
  const { config } = loaded
  const commit = askedCommit(textOption(input, 'commit'), config, context.variables)
  const supplied = await suppliedSecrets(context, textOption(input, 'secretsFile'), config)
  const { platform, isRehearsal } = await context.access()
  await tellFindings(context, loaded, 'reading')
  const { plan, desired } = await planEnvironment(
    {
      desiredFor: desiredBy(config),
      wanted: await wantedEnvironment(context, 'reading', config),
      commit,
      supplied,
    },
    { platform, knownIds: await context.knownIds(), random: context.random },
  )
  context.output.answer({ type: 'plan', plan, isRehearsal, isProtected: desired.environment.protected })
  return isGiven(input, 'detailedExitCode') && !isEmpty(plan) ? exitCodes.differs.code : exitCodes.done.code
}
