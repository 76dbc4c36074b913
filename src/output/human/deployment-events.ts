import { count, listed, printable, shortCommit } from '../../kit/text.ts'
import type { DeploymentStep } from '../../platform/observed-state.ts'
import { duration } from './duration.ts'
import { paragraph } from './paragraph.ts'
import { done, type EventRenderers } from './told-event.ts'

/** What is deployed, and how each service comes live, or does not. */
export const deploymentEvents = {
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
  'level-settling': ({ services, forMs }) => ({
    progress: `watching ${listed(services)} for ${duration(forMs)} before ${services.length === 1 ? 'it counts' : 'they count'} as live`,
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
  // The failure that follows says what it was.
  'serving-read': ({ services }) => ({
    progress: `read what serves of ${listed(services.map(({ service }) => service))}`,
  }),
} satisfies Partial<EventRenderers>

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

function size(bytes: number): string {
  if (bytes < 1_000) return count(bytes, 'byte')
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
