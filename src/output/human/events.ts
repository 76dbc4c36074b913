import { count, listed, printable, shortCommit } from '../../kit/text.ts'
import type { OperationEvent } from '../../operations/events.ts'
import type { DeploymentStep } from '../../platform/observed-state.ts'
import type { Style } from '../style.ts'
import { duration } from './duration.ts'
import { renderMigrationsPlanned } from './migrate.ts'
import { toldHolder, toldUnfinished } from './operation.ts'
import { paragraph } from './paragraph.ts'
import { renderPlan } from './plan.ts'
import { renderRollbackPlan } from './rollback.ts'
import { renderSamples, renderSoakEnded, toldSample } from './soak.ts'
import { renderTarget } from './target.ts'

/** How an event is told: a line that stays, or one that is shown while it is true, where something can move. */
export interface ToldEvent {
  line?: string
  progress?: string
  /** In its place where several lines can move; safe to show. */
  block?: string
}

interface Layout {
  style: Style
  columns: number
  isVerbose: boolean
}

type Renderers = {
  [Type in OperationEvent['type']]: (event: Extract<OperationEvent, { type: Type }>, layout: Layout) => ToldEvent
}

/** One renderer an event; adding an event demands its line here. */
const renderers: Renderers = {
  'target-found': (event, layout) => ({ line: `${renderTarget(event, layout)}\n` }),
  'plan-made': ({ plan, sameAs }, layout) => ({
    line:
      sameAs === undefined || layout.isVerbose
        ? renderPlan(plan, layout)
        : `${paragraph(`The same as ${sameAs}, with values of its own.`, layout.columns)}\n`,
  }),
  'approval-given': ({ by, what }, { style, columns }) =>
    by === 'option' ? { line: style.quiet(paragraph(`Approved by --yes: ${what}.`, columns)) } : {},
  'lease-awaited': ({ environment, forMs, ...held }, { style, columns }) => ({
    line: paragraph(
      `${toldHolder({ ...held, by: held.holder })} works on ${environment}; waiting for up to ${duration(forMs)}`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
    progress: `waiting for ${printable(held.holder)} to finish`,
  }),
  'lease-taken': ({ environment, ...held }, { style, columns }) => ({
    line: paragraph(
      `the lease of ${environment} taken from ${toldHolder({ ...held, by: held.holder })}, whose command stops before its next act`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'lease-left': ({ environment, until }, { style, columns }) => ({
    line: paragraph(
      `the lease of ${environment} could not be given back; it runs out by itself at ${until}`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'operation-unfinished': (event, layout) => ({ line: toldUnfinished(event, layout) }),
  'project-created': ({ project, environment }, layout) =>
    done(`project ${project} created, with environment ${environment}`, layout),
  'environment-created': ({ environment }, layout) => done(`environment ${environment} created`, layout),
  'service-created': ({ service }, layout) => done(`service ${service} created, empty`, layout),
  'volume-created': ({ environment, service, mountPath }, layout) =>
    done(`${service} volume at ${mountPath} created in ${environment}`, layout),
  'domain-created': ({ environment, service, domain }, layout) =>
    done(`${service} domain ${domain} created in ${environment}`, layout),
  'changes-stored': ({ environment, changes, way }, layout) =>
    done(
      `${count(changes, 'change')} stored in ${environment}, ${way === 'patch' ? 'as one patch' : 'without a patch: this token may not use any'}`,
      layout,
    ),
  'changes-not-stored': ({ environment, places }, { style, columns }) => ({
    line: paragraph(
      `not stored in ${environment}: ${listed(places)}. Only a patch stores ${places.length === 1 ? 'it' : 'them'}, so ${places.length === 1 ? 'it stays' : 'they stay'} in the plan`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'flags-changed': ({ environment, way, flags, services }, layout) => {
    const told = flags.map(({ name, value }) => (way === 'there' ? `${name} ${value}` : name))
    const what = way === 'there' ? listed(told) : `${listed(told)} as before`
    return done(`${what} stored in ${environment} for ${listed(services)}, as one patch`, layout)
  },
  'flags-gated': ({ findings, overridden }, layout) => {
    const { style, columns } = layout
    const lines = [
      ...(overridden.length === 0 ? [] : [`let pass, which is recorded: ${listed(overridden)}`]),
      ...findings.map(({ message }) => printable(message)),
    ]
    return lines.length === 0
      ? { progress: 'every gate is open' }
      : { line: lines.map((text) => paragraph(text, columns, `${style.sign.caution} `, 2)).join('\n') }
  },
  'flags-reverting': ({ environment, flags, because }, { style, columns }) => ({
    line: paragraph(
      printable(`taking back ${listed(flags)} in ${environment}, because ${because}`),
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'flags-reverted': ({ environment, flags, by, elapsedMs }, layout) => {
    const ways = {
      images: 'from kept images, without a build',
      deployments: 'by new deployments',
      nothing: 'nothing had to start',
    }
    return done(
      `${listed(flags)} as before in ${environment}, stored, running and answering, ${duration(elapsedMs)} after it was bad first; ${ways[by]}`,
      layout,
    )
  },
  'flag-effect-seen': ({ flag, effect }) => ({ progress: `${flag} shows as ${effect}` }),
  'soak-started': ({ environment, durationMs, intervalMs }, { style, columns }) => ({
    line: paragraph(
      `soaking in ${environment} for ${duration(durationMs)}, with a sample every ${duration(intervalMs)}`,
      columns,
      `${style.sign.deploy} `,
      2,
    ),
  }),
  'soak-sampled': (event, { columns }) => ({ progress: toldSample(event), block: renderSamples(event, columns) }),
  'soak-ended': (event, layout) => ({ line: renderSoakEnded(event, layout) }),
  'validation-started': ({ environment, flag, items, automatic, open }, { style, columns }) => ({
    line: paragraph(
      `the checklist of ${printable(flag)} in ${printable(environment)}: ${count(items, 'item')}, ${automatic} by checks, ${open} to be answered`,
      columns,
      `${style.sign.deploy} `,
      2,
    ),
    progress: `asking what proves ${count(automatic, 'item')}`,
  }),
  'item-judged': ({ id, text, outcome, by, why }, layout) => {
    const said = by === 'check' ? '' : ` (${by})`
    const because = why === undefined ? '' : `: ${why}`
    return outcome === 'green'
      ? done(`${id} ${text}${said}${because}`, layout)
      : {
          line: paragraph(
            printable(`${id} ${text}${said}${because}`),
            layout.columns,
            `${outcome === 'red' ? layout.style.sign.bad : layout.style.sign.none} `,
            2,
          ),
        }
  },
  'answers-kept': ({ environment, flag, items }, layout) =>
    done(`${count(items, 'answer')} about ${flag} kept in ${environment} for the next run`, layout),
  'evidence-kept': ({ environment, flag, value, items, isSigned }, layout) =>
    done(
      `${flag}=${value}: ${count(items, 'item')} green; the ${isSigned ? 'signed' : 'unsigned'} evidence is kept in ${environment}`,
      layout,
    ),
  'auto-deploy-set': ({ environment, services, enabled }, layout) =>
    done(`${listed(services)}: deploy on push switched ${enabled ? 'on' : 'off'} in ${environment}`, layout),
  'code-read': ({ directory, revision, files, bytes, commit }, layout) => {
    const of = commit === undefined ? '' : `, as git has it at ${shortCommit(commit)}`
    return {
      line: paragraph(
        `${printable(directory)}: ${count(files, 'file')}, ${size(bytes)}, sent as ${shortCommit(revision)}${of}`,
        layout.columns,
        `${layout.style.sign.none} `,
        2,
      ),
    }
  },
  'level-started': ({ services }) => ({ progress: `${listed(services)} starting` }),
  'deployment-created': ({ service, commit, deploymentId }, layout) => ({
    line: paragraph(
      `${service} deploying${commit === undefined ? '' : ` ${shortCommit(commit)}`} ${layout.style.quiet(printable(deploymentId))}`,
      layout.columns,
      `${layout.style.sign.deploy} `,
      2,
    ),
  }),
  'deployment-followed': ({ service, commit, deploymentId }, layout) => ({
    line: paragraph(
      `${service} is on its way already${commit === undefined ? '' : ` with ${shortCommit(commit)}`} ${layout.style.quiet(printable(deploymentId))}`,
      layout.columns,
      `${layout.style.sign.deploy} `,
      2,
    ),
  }),
  'deployment-moved': ({ service, status, step, elapsedMs }) => ({
    progress: `${service} ${status}${step === undefined ? '' : `, ${stepWords[step]}`} (${duration(elapsedMs)})`,
  }),
  'deployment-live': ({ service, commit, elapsedMs }, layout) =>
    done(
      `${service} live after ${duration(elapsedMs)}${commit === undefined ? '' : `, ${shortCommit(commit)}`}`,
      layout,
    ),
  'deployment-failed': ({ service, status, step, reason, elapsedMs }, { style, columns }) => ({
    line: paragraph(
      `${service} ${status} after ${duration(elapsedMs)}${step === undefined ? '' : `, in ${stepWords[step]}`}${reason === undefined ? '' : `: ${printable(reason)}`}`,
      columns,
      `${style.sign.bad} `,
      2,
    ),
  }),
  'log-read': ({ service, log, lines }, { style, columns }) => ({
    line:
      lines.length === 0
        ? paragraph(`The ${log} log of ${service} is empty.`, columns, '  ', 2)
        : [
            paragraph(`The last ${count(lines.length, 'line')} of the ${log} log of ${service}:`, columns, '  ', 2),
            ...lines.map(({ message }) => style.quiet(paragraph(printable(message), columns, '    ', 4))),
          ].join('\n'),
  }),
  'log-not-read': ({ service, log, reason }, { style, columns }) => ({
    line: paragraph(
      `The ${log} log of ${service} could not be read: ${printable(reason)}`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'migrations-ran': ({ service, done, failed }, { style, columns }) => ({
    line: paragraph(
      printable(
        [
          `${service} ran ${done.length === 0 ? 'no migration' : count(done.length, 'migration')}`,
          // The whole first schema is no news.
          ...(done.length === 0 || done.length > 5 ? [] : [`: ${listed(done)}`]),
          ...(failed === undefined ? [] : [`; ${failed.name} failed`]),
        ].join(''),
      ),
      columns,
      `${failed === undefined ? style.sign.good : style.sign.bad} `,
      2,
    ),
  }),
  'level-settling': ({ services, forMs }) => ({
    progress: `watching ${listed(services)} for ${duration(forMs)} before ${services.length === 1 ? 'it counts' : 'they count'} as live`,
  }),
  'deployment-restarted': ({ service, deploymentId }, layout) => ({
    line: paragraph(
      `${service} restarting ${layout.style.quiet(printable(deploymentId))}`,
      layout.columns,
      `${layout.style.sign.deploy} `,
      2,
    ),
  }),
  'instances-changed': ({ service, running, instances, elapsedMs }) => ({
    progress: `${service} ${running} of ${count(instances, 'instance')} running (${duration(elapsedMs)})`,
  }),
  'artisan-started': ({ environment, service, deploymentId, commit, command }, layout) =>
    located(
      `artisan ${command} runs in a container of ${service}, ${environment}${commit === undefined ? '' : `, ${shortCommit(commit)}`}`,
      deploymentId,
      layout,
    ),
  'artisan-ended': ({ service, environment, command, exitCode, elapsedMs }, layout) => {
    const text = `artisan ${command} ended in ${service}, ${environment}, with ${exitCode} after ${duration(elapsedMs)}`
    if (exitCode === 0) return done(text, layout)
    return { line: paragraph(printable(text), layout.columns, `${layout.style.sign.bad} `, 2) }
  },
  'backup-started': ({ environment, service, name }) => ({
    progress: `the backup ${printable(name)} of ${service} in ${environment} is being made`,
  }),
  'backup-ended': ({ environment, service, name, usedMB, elapsedMs }, layout) =>
    done(
      `backup ${name} of ${service} in ${environment} made after ${duration(elapsedMs)}${usedMB === undefined ? '' : `, ${usedMB} MB`}`,
      layout,
    ),
  'migrations-located': ({ act, environment, service, place, way, commit, deploymentId }, layout) => {
    const of = commit === null ? '' : `, ${shortCommit(commit)}`
    const where =
      way === 'run'
        ? `on this machine, with the code here and the variables of ${service}, ${environment}`
        : `over SSH in a container of ${service}, ${environment}${of}`
    const text =
      act === 'up' && place === 'pre-deploy'
        ? `migrate up runs before a new deployment of ${service}, ${environment}${of}; what is pending is asked over SSH`
        : `migrate ${act} runs ${where}`
    return located(text, deploymentId, layout)
  },
  'migrations-planned': (event, layout) => ({ line: renderMigrationsPlanned(event, layout) }),
  'backup-left-out': ({ environment, because }, { style, columns }) => ({
    line: paragraph(
      printable(`no backup of the database of ${environment}, because ${because}`),
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'migrations-started': ({ environment, service, way, direction }) => ({
    progress: `${direction === 'up' ? 'migrating' : 'undoing migrations of'} ${environment} ${way === 'run' ? 'from here' : `in ${service}`}`,
  }),
  'migration-ended': ({ name, direction, outcome }, layout) => {
    const text = `${name} ${direction === 'up' ? 'migrated' : 'undone'}`
    if (outcome === 'done') return done(text, layout)
    const { style, columns } = layout
    return { line: paragraph(printable(`${name} failed`), columns, `${style.sign.bad} `, 2) }
  },
  'service-verified': ({ service, url, answers }, layout) =>
    done(`${service} answers ${url} (${answers} times in a row)`, layout),
  'revision-confirmed': ({ service, url, commit }, layout) =>
    done(`${service} says at ${url} that it runs ${shortCommit(commit)}`, layout),
  'service-blocked': ({ service, missingSecrets, waitsFor }, { style, columns }) => ({
    line: paragraph(
      `${service} not deployed: it ${waitsFor.length > 0 ? `waits for ${listed(waitsFor)}` : `cannot start without ${listed(missingSecrets)}`}`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'service-unchanged': ({ service, commit }, { style, columns }) => ({
    line: paragraph(
      `${service} unchanged: it runs ${shortCommit(commit)} already, which is the newest commit`,
      columns,
      `${style.sign.none} `,
      2,
    ),
  }),
  'services-not-started': ({ services, because }, { style, columns }) => ({
    line: paragraph(
      `${listed(services)} left as ${services.length === 1 ? 'it is' : 'they are'}, because ${printable(because)}`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
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
  // The failure that follows says what it was.
  'serving-read': ({ services }) => ({
    progress: `read what serves of ${listed(services.map(({ service }) => service))}`,
  }),
  finding: ({ finding }, { style, columns }) => ({
    line: paragraph(
      `${printable(finding.message)}${finding.fix === undefined ? '' : ` ${printable(finding.fix)}`}`,
      columns,
      `${finding.severity === 'critical' ? style.sign.bad : style.sign.caution} `,
      2,
    ),
  }),
  'step-started': ({ title }, { style, columns }) => ({ line: `\n${style.heading(paragraph(title, columns))}` }),
  'step-command': ({ command }) => ({ progress: command }),
  'step-passed': ({ step, elapsedMs, requests }, layout) =>
    done(`${step} held after ${duration(elapsedMs)}, with ${count(requests, 'request')}`, layout),
  'step-failed': ({ step, reason }, { style, columns }) => ({
    line: paragraph(`${step} did not hold: ${printable(reason)}`, columns, `${style.sign.bad} `, 2),
  }),
}

const stepWords: Record<DeploymentStep, string> = {
  'snapshot-code': 'taking the code',
  'build-image': 'building',
  'publish-image': 'publishing the image',
  'wait-for-dependencies': 'waiting for others',
  'pre-deploy-command': 'running the pre-deploy command',
  'migrate-volumes': 'moving volumes',
  'create-container': 'creating the container',
  'configure-network': 'configuring the network',
  healthcheck: 'waiting for the health check',
  'drain-instances': 'draining the old one',
}

/** What people see of an event. */
export function renderEvent(event: OperationEvent, layout: Layout): ToldEvent {
  const render: (event: never, layout: Layout) => ToldEvent = renderers[event.type]
  return render(event as never, layout)
}

/** Where something runs, with the id of what it runs in. */
function located(text: string, deploymentId: string | undefined, { style, columns }: Layout): ToldEvent {
  const id = deploymentId === undefined ? '' : ` ${style.quiet(printable(deploymentId))}`
  return { line: paragraph(`${printable(text)}${id}`, columns, `${style.sign.deploy} `, 2) }
}

function done(text: string, { style, columns }: Layout): ToldEvent {
  return { line: paragraph(printable(text), columns, `${style.sign.good} `, 2) }
}

function size(bytes: number): string {
  if (bytes < 1_000) return count(bytes, 'byte')
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
