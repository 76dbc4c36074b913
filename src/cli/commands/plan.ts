import { shellWord } from '../../kit/shell-word.ts'
import { planEnvironment } from '../../operations/plan-environment.ts'
import { secondWays } from '../../operations/second-ways.ts'
import { topicalOperation } from '../../operations/unfinished.ts'
import { isEmpty, type Plan } from '../../plan/plan.ts'
import { savedPlan } from '../../plan/saved-plan.ts'
import { askedCommit } from '../asked-commit.ts'
import { type CommandInput, isGiven, textOption } from '../command.ts'
import { tellFindings } from '../config-findings.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp, toldOperation } from '../follow-up.ts'
import { namedServices } from '../named-services.ts'
import { writePlanFile } from '../plan-file.ts'
import { suppliedSecrets } from '../supplied-secrets.ts'
import { desiredBy, wantedEnvironment } from '../target.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const loaded = await context.config()
  const { config } = loaded
  const commit = askedCommit(textOption(input, 'commit'), config, context.variables)
  const services = namedServices(input.arguments, config)
  const supplied = await suppliedSecrets(context, textOption(input, 'secretsFile'), config)
  const { platform, isRehearsal } = await context.access()
  await tellFindings(context, loaded, 'reading')
  const { plan, desired, observed } = await planEnvironment(
    {
      desiredFor: desiredBy(config),
      wanted: await wantedEnvironment(context, 'reading', config),
      commit,
      ...(services.length === 0 ? {} : { services }),
      supplied,
    },
    { platform, knownIds: await context.knownIds(), random: context.random },
  )
  const out = textOption(input, 'out')
  if (out !== undefined) {
    const origin = { observed, commit, ...(services.length === 0 ? {} : { services }), isRehearsal }
    await writePlanFile(context, out, savedPlan(plan, origin))
  }
  const ways = secondWays(observed)
  const operation = observed === undefined ? undefined : await topicalOperation(observed, context)
  context.output.answer({
    type: 'plan',
    plan,
    isRehearsal,
    isProtected: desired.environment.protected,
    ...(ways === undefined ? {} : { secondWays: ways }),
    ...(operation === undefined ? {} : { operation: toldOperation(operation, context.options) }),
    ...(out === undefined ? {} : { saved: { path: out, apply: applyCommand(plan, out, context) } }),
  })
  return isGiven(input, 'detailedExitCode') && !isEmpty(plan) ? exitCodes.differs.code : exitCodes.done.code
}

/** A secret that was supplied for the plan has to be supplied again. */
function applyCommand({ environment, changes }: Plan, path: string, { options }: Context): string {
  const isSupplied = changes.some(({ act }) => act.kind === 'set-secret' && act.source.from === 'supplied')
  const secrets = isSupplied ? ' --secrets-file FILE' : ''
  return followUp(`fakturino deploy -e ${shellWord(environment)} --plan ${shellWord(path)}${secrets}`, options)
}
