import stringWidth from 'fast-string-width'
import { clipped, count, printable, shortCommit } from '../../kit/text.ts'
import type { EnvironmentStatus, ServiceStatus } from '../../operations/read-status.ts'
import type { Style } from '../style.ts'
import { renderSecondWays } from './endings.ts'
import { paragraph } from './paragraph.ts'
import { renderTarget } from './target.ts'

/** One screen: a line a service, then what waits. */
export function renderStatus(
  status: EnvironmentStatus,
  { style, columns, isRehearsal }: { style: Style; columns: number; isRehearsal: boolean },
): string {
  const nameWidth = Math.max(
    ...[...status.services, ...status.pending].map(({ name }) => stringWidth(printable(name))),
    4,
  )
  const lines = [
    renderTarget({ ...status, isRehearsal }, { style, columns }),
    '',
    ...status.services.flatMap((service) => serviceLines(service, nameWidth, style, columns)),
    ...status.pending.map(({ name, reason }) =>
      paragraph(
        style.quiet(`not yet: ${reason}`),
        columns,
        `${style.sign.none} ${padded(name, nameWidth)}  `,
        nameWidth + 4,
      ),
    ),
  ]
  if (status.stagedChanges > 0) {
    const waiting = `${count(status.stagedChanges, 'staged change')} ${status.stagedChanges === 1 ? 'waits' : 'wait'} uncommitted.`
    lines.push('', paragraph(waiting, columns, `${style.sign.caution} `, 2))
  }
  const { isStable, incident, incidentUrl } = status.platform
  if (incident !== undefined || !isStable) {
    const what = incident === undefined ? '' : `: ${clipped(incident, 200)}`
    const where = incidentUrl === undefined ? '' : ` ${printable(incidentUrl)}`
    lines.push(
      '',
      paragraph(`The platform reports trouble of its own${what}.${where}`, columns, `${style.sign.caution} `, 2),
    )
  }
  return `${lines.join('\n')}\n${renderSecondWays(status.secondWays, { style, columns })}`
}

function serviceLines(service: ServiceStatus, nameWidth: number, style: Style, columns: number): string[] {
  const sign = service.healthy ? style.sign.good : service.status === 'not-deployed' ? style.sign.none : style.sign.bad
  const word = service.status === 'not-deployed' ? 'not deployed' : service.status
  const parts = [
    service.healthy ? style.good(word) : service.status === 'not-deployed' ? style.quiet(word) : style.bad(word),
    ...(service.revision === null ? [] : [shortCommit(clipped(service.revision, 44))]),
    ...(service.deployment === null
      ? []
      : [
          `${service.instances.running}/${service.instances.all} ${service.instances.all === 1 ? 'instance' : 'instances'}`,
        ]),
    ...service.domains.map((domain) => style.name(printable(domain))),
  ]
  const lines = [paragraph(parts.join('  '), columns, `${sign} ${padded(service.name, nameWidth)}  `, nameWidth + 4)]
  if (service.latest !== null) {
    const revision = service.latest.revision === null ? '' : ` ${shortCommit(clipped(service.latest.revision, 44))}`
    lines.push(
      paragraph(
        style.caution(`a newer deployment${revision}: ${service.latest.status}`),
        columns,
        ' '.repeat(nameWidth + 4),
        nameWidth + 4,
      ),
    )
  }
  return lines
}

function padded(name: string, width: number): string {
  const text = printable(name)
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)))
}
