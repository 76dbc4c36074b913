import { listed, printable } from '../../kit/text.ts'
import type { Identity } from '../../platform/platform.ts'
import type { Style } from '../style.ts'
import { paragraph } from './paragraph.ts'

type Row = [name: string, value: string]

/** One screen: whose token it is, how far it reaches, and whether what it does is real. */
export function renderIdentity(
  { identity, endpoint, isRehearsal }: { identity: Identity; endpoint: string; isRehearsal: boolean },
  { style, columns }: { style: Style; columns: number },
): string {
  const head = `${style.heading(headOf(identity))} (${isRehearsal ? style.caution('REHEARSAL') : 'real'})`
  const rows: Row[] = [...reachOf(identity), ['endpoint', printable(endpoint)]]
  const width = Math.max(...rows.map(([name]) => name.length))
  return `${[
    paragraph(head, columns),
    '',
    ...rows.map(([name, value]) => paragraph(value, columns, `  ${name.padEnd(width)}  `, width + 4)),
  ].join('\n')}\n`
}

function headOf(identity: Identity): string {
  switch (identity.kind) {
    case 'project':
      return `Project token ${printable(identity.name)}`
    case 'account':
      return identity.name === undefined ? 'Account token' : `Account token of ${printable(identity.name)}`
    case 'workspace':
      return 'Workspace token'
  }
}

function reachOf(identity: Identity): Row[] {
  if (identity.kind === 'project') {
    return [
      ['project', printable(identity.project.name)],
      ['environment', printable(identity.environment.name)],
    ]
  }
  const { workspaces } = identity
  const names = listed(workspaces.map(({ name }) => printable(name)))
  return [[workspaces.length === 1 ? 'workspace' : 'workspaces', names || 'none']]
}
