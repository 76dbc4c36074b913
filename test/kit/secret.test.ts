import { format, inspect } from 'node:util'
import { expect, it } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'

it('is given away by reveal and by nothing else', () => {
  const secret = new Secret('sentinel-value')
  expect(secret.reveal()).toBe('sentinel-value')
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    format('%s %o %j', secret, secret, secret),
    Object.entries(secret).join(),
  ].join(' ')
  expect(shown).not.toContain('sentinel')
  expect(shown).toContain('[secret]')
})
