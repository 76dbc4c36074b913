import { expect, it } from 'vitest'
import { inspectConfig } from '../../src/config/inspect-config.ts'
import { watchedBy } from '../../src/config/watched-by.ts'
import { smallConfig } from './small-config.ts'

function withCheck(use: string | undefined): unknown {
  const check = { service: 'web', path: '/extra', ...(use === undefined ? {} : { use }) }
  return { ...smallConfig(), checks: { ...smallConfig().checks, extra: check } }
}

it.each([
  ['observed', 'observed'],
  ['gating', 'gating'],
  [undefined, undefined],
])('a check that the config has %s is', (use, wanted) => {
  const { config } = inspectConfig(withCheck(use))
  if (config === undefined) throw new Error('nothing of the config could be read')
  expect(watchedBy(config, 'staging').checks.find(({ name }) => name === 'extra')?.use).toBe(wanted)
})

it('any other use of a check is refused', () => {
  expect(inspectConfig(withCheck('sometimes')).findings).toMatchObject([{ subject: 'checks.extra.use' }])
})
