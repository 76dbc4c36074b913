import { count, listed, printable, shortCommit } from '../../kit/text.ts'
import { paragraph } from './paragraph.ts'
import { renderRollbackPlan } from './rollback.ts'
import { done, type EventRenderers } from './told-event.ts'

/** What goes back, whether somebody asked for it or a release failed. */
export const rollbackEvents = {
  'rollback-planned': ({ commit, ...planned }, layout) => ({ line: renderRollbackPlan(commit, planned, layout) }),
  'rollback-started': ({ services, changes, because }, { style, columns }) => {
    const back = [...(changes === 0 ? [] : [count(changes, 'stored change')]), ...services]
    return {
      line: paragraph(
        `putting back ${listed(back)}, because ${printable(because)}`,
        columns,
        `${style.sign.caution} `,
        2,
      ),
    }
  },
  'changes-put-back': ({ environment, places }, layout) =>
    done(`${count(places.length, 'change')} put back in ${environment}, as one patch: ${listed(places)}`, layout),
  'changes-left': ({ places, because }, { style, columns }) => ({
    line: paragraph(
      `${printable(listed(places))} left as ${places.length === 1 ? 'it is' : 'they are'}, because ${printable(because)}`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'deployment-rolled-back': ({ service, commit, deploymentId, isBuilt }, layout) => ({
    line: paragraph(
      `${service} going back${commit === undefined ? '' : ` to ${shortCommit(commit)}`}, ${isBuilt ? 'with a build: no kept image of it can be started' : 'without a build'} ${layout.style.quiet(printable(deploymentId))}`,
      layout.columns,
      `${layout.style.sign.deploy} `,
      2,
    ),
  }),
} satisfies Partial<EventRenderers>
