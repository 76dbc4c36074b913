import { expect, it } from 'vitest'
import { renderIdentity } from '../../src/output/human/identity.ts'
import { createStyle } from '../../src/output/style.ts'
import { id } from '../../src/platform/ids.ts'
import type { Identity } from '../../src/platform/platform.ts'

const plain = { style: createStyle(0), columns: 80 }
const endpoint = 'https://backboard.railway.com/graphql/v2'

it('an account of several workspaces, for real', () => {
  const workspaces = ['Acme', 'Other'].map((name) => ({ id: id<'workspace'>(name), name }))
  const identity: Identity = { kind: 'account', name: 'Nina', workspaces }
  expect(renderIdentity({ identity, endpoint, isRehearsal: false }, plain)).toBe(`Account token of Nina (real)

  workspaces  Acme and Other
  endpoint    ${endpoint}
`)
})

it('an account without a name, and a token that reaches no workspace', () => {
  const identity: Identity = { kind: 'account', name: undefined, workspaces: [] }
  const text = renderIdentity({ identity, endpoint, isRehearsal: true }, plain)
  expect(text).toMatch(/^Account token \(REHEARSAL\)\n/)
  expect(text).toContain('  workspaces  none\n')
})

it('takes control characters out of names', () => {
  const identity: Identity = { kind: 'workspace', workspaces: [{ id: id<'workspace'>('w'), name: 'A\u001b[2J' }] }
  expect(renderIdentity({ identity, endpoint, isRehearsal: false }, plain)).not.toContain('\u001b')
})
