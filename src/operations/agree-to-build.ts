import type { OperatorError } from '../kit/errors.ts'
import { listed, shortCommit } from '../kit/text.ts'
import type { RollbackOrder } from './roll-back-deployments.ts'
import type { RollbackStep } from './rollback-steps.ts'
import { type RollbackTarget, toBuild } from './rollback-target.ts'

export interface AgreeNeeds {
  /** Asks a person for a build where no image can be started; absent where nobody is asked. */
  agreeToBuild?: (question: string) => Promise<boolean>
}

const whatThatIs =
  'That is a build of the source of then, with the settings and variables of then, and takes as long as a deploy.'

/** The same target, where a person agrees to build what cannot come from an image. */
export async function agreedTarget(
  { steps, target }: { steps: readonly RollbackStep[]; target: RollbackTarget },
  environment: string,
  { agreeToBuild }: AgreeNeeds,
): Promise<RollbackTarget> {
  const built = toBuild(steps)
  if (built.length === 0 || agreeToBuild === undefined) return target
  const it = built.length === 1 ? 'its image is' : 'their images are'
  const question = `Build ${listed(built)} of ${environment} again as of ${shortCommit(target.release.commit)}, because ${it} not kept? ${whatThatIs}`
  return (await agreeToBuild(question)) ? { ...target, mayBuild: true } : target
}

/** What is started instead where the token may not roll back, and a person agrees to that; nothing was started by then. */
export async function builtInstead(
  orders: readonly RollbackOrder[],
  { target, environment, denied }: { target: RollbackTarget; environment: string; denied: OperatorError },
  { agreeToBuild }: AgreeNeeds,
): Promise<RollbackOrder[]> {
  if (target.mayBuild || agreeToBuild === undefined || !canAllBeBuilt(orders)) throw denied
  const question = `This token may not roll back. Build ${listed(orders.map(({ service }) => service))} of ${environment} again as of ${shortCommit(target.release.commit)} instead? ${whatThatIs}`
  if (!(await agreeToBuild(question))) throw denied
  return orders.map((order) => (order.by === 'image' ? { ...order, by: 'rebuild', isDenied: true } : order))
}

export function canAllBeBuilt(orders: readonly RollbackOrder[]): boolean {
  return orders.every(({ by, to }) => by === 'build' || to.canRedeploy)
}
