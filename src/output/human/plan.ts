import { count, listed, printable, shortCommit } from '../../kit/text.ts'
import type { Change, DeploymentReason, Plan, PlanNote, PlannedDeployment } from '../../plan/plan.ts'
import { isEmpty, settingWords } from '../../plan/plan.ts'
import type { Style } from '../style.ts'
import { paragraph } from './paragraph.ts'

/** How a plan is laid out. */
export interface PlanLayout {
  style: Style
  columns: number
  /** Every variable on a line of its own, also those of a service that is new. */
  isVerbose: boolean
}

/** A plan for people: services with their changes, then what is deployed, then what is left alone. */
export function renderPlan(plan: Plan, layout: PlanLayout): string {
  const blocks = [
    ...changeBlocks(plan, layout),
    ...deploymentBlock(plan, layout),
    ...pendingBlock(plan, layout),
    ...notesBlock(plan.notes, layout),
    summary(plan, layout),
  ]
  return `${blocks.join('\n\n')}\n`
}

function changeBlocks(plan: Plan, layout: PlanLayout): string[] {
  const services = [...new Set(plan.changes.map((change) => change.service))]
  return services.map((service) => {
    const changes = plan.changes.filter((change) => change.service === service)
    const isNew = changes.some((change) => change.setting === 'service')
    const title = service ?? plan.project
    const lines =
      isNew && !layout.isVerbose ? newServiceLines(changes, layout) : changes.map((change) => line(change, layout))
    return [layout.style.heading(printable(title)), ...lines].join('\n')
  })
}

/** A service that is new has dozens of variables, none of which differs from the config: their names are enough. */
function newServiceLines(changes: readonly Change[], layout: PlanLayout): string[] {
  const variables = changes.filter((change) => change.setting === 'variable')
  const others = changes.filter((change) => change.setting !== 'variable')
  const names = variables.flatMap((change) => change.variable ?? [])
  return [
    ...others.map((change) => line(change, layout)),
    ...(names.length === 0
      ? []
      : [
          paragraph(
            `${count(names.length, 'variable')}: ${names.join(', ')}`,
            layout.columns,
            `  ${layout.style.sign.create} `,
            4,
          ),
        ]),
  ]
}

function line(change: Change, { style, columns }: PlanLayout): string {
  const name = change.setting === 'variable' ? (change.variable ?? '') : settingWords[change.setting]
  const before = change.before === undefined ? '' : printable(change.before)
  const after = change.after === undefined ? 'the default' : printable(change.after)
  const value =
    change.action === 'create'
      ? after
      : change.action === 'delete'
        ? change.setting === 'variable'
          ? before
          : `${before} → ${after}`
        : `${before || 'unset'} → ${after}`
  const remarks = [
    ...(change.severity === 'safe' ? [] : [change.severity]),
    ...(change.cause === 'drift' ? ['drift: changed outside'] : []),
    ...(change.outOfReach ? ['only a patch stores it'] : []),
    ...(change.effect === 'downtime' && change.action !== 'create' ? ['downtime'] : []),
  ]
  const tail = remarks.length === 0 ? '' : ` ${style.caution(`(${remarks.join(', ')})`)}`
  return paragraph(`${name} ${style.quiet(value)}${tail}`, columns, `  ${style.sign[change.action]} `, 4)
}

const reasonWords: Record<DeploymentReason, string> = {
  'never-deployed': 'not deployed here yet',
  'another-commit': 'another commit',
  'newest-commit': 'the newest commit was asked for',
  'not-running': 'it is not running',
  'settings-change': 'its settings change',
  'variables-change': 'its variables change',
  'stored-change-not-running': 'a stored change is not running yet',
  'reference-change': 'something that it refers to changes',
}

function deploymentBlock(plan: Plan, layout: PlanLayout): string[] {
  if (plan.deployments.length === 0) return []
  const levels = [...new Set(plan.deployments.map((deployment) => deployment.level))].sort((a, b) => a - b)
  const lines = levels.flatMap((level) =>
    plan.deployments
      .filter((deployment) => deployment.level === level)
      .map((deployment) => deploymentLine(deployment, layout)),
  )
  return [[layout.style.heading('To deploy, in this order'), ...lines].join('\n')]
}

function deploymentLine(deployment: PlannedDeployment, { style, columns }: PlanLayout): string {
  const reasons = listed(deployment.reasons.map((reason) => reasonWords[reason]))
  const { commit, running } = deployment
  const isSame = commit !== undefined && commit === running?.commit
  const target =
    commit === 'latest' ? ' at the newest commit' : commit === undefined || isSame ? '' : ` at ${shortCommit(commit)}`
  const from =
    running?.commit === undefined || isSame || commit === undefined ? '' : `, from ${shortCommit(running.commit)}`
  const blocked =
    deployment.missingSecrets.length === 0
      ? ''
      : style.bad(`; cannot start without ${listed(deployment.missingSecrets)}`)
  const downtime =
    deployment.effect === 'downtime' && running !== undefined ? style.caution(' (downtime: it has a volume)') : ''
  return paragraph(
    `${deployment.service}${target}${from}: ${style.quiet(reasons)}${blocked}${downtime}`,
    columns,
    `  ${style.sign.deploy} `,
    4,
  )
}

function pendingBlock(plan: Plan, { style, columns }: PlanLayout): string[] {
  if (plan.pending.length === 0) return []
  const lines = plan.pending.map(({ service, reason }) =>
    paragraph(`${service} ${style.quiet(reason)}`, columns, `  ${style.sign.none} `, 4),
  )
  return [[style.heading('Not yet'), ...lines].join('\n')]
}

function notesBlock(notes: readonly PlanNote[], { style, columns }: PlanLayout): string[] {
  if (notes.length === 0) return []
  const lines = notes.map((note) =>
    paragraph(
      `${note.service === undefined ? '' : `${printable(note.service)}: `}${printable(note.message)}`,
      columns,
      `  ${style.sign.none} `,
      4,
    ),
  )
  return [[style.heading('Left alone'), ...lines].join('\n')]
}

function summary(plan: Plan, { style, columns }: PlanLayout): string {
  if (isEmpty(plan)) {
    return paragraph(`${printable(plan.environment)} equals the config.`, columns, `${style.sign.good} `, 2)
  }
  const amount = (action: Change['action']) => plan.changes.filter((change) => change.action === action).length
  const parts = [
    ...(amount('create') > 0 ? [`${amount('create')} to create`] : []),
    ...(amount('update') > 0 ? [`${amount('update')} to change`] : []),
    ...(amount('delete') > 0 ? [`${amount('delete')} to remove`] : []),
    ...(plan.deployments.length > 0 ? [`${count(plan.deployments.length, 'service')} to deploy`] : []),
  ]
  const stuck = plan.changes.filter((change) => change.outOfReach).length
  const beyond = stuck === 0 ? '' : ` ${count(stuck, 'change')} out of reach of this token.`
  return style.heading(paragraph(`Plan: ${listed(parts)}.${beyond}`, columns))
}
