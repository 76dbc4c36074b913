import { expect, it } from 'vitest'
import { renderStatus } from '../../src/output/human/status.ts'
import { createStyle } from '../../src/output/style.ts'
import { aStatus } from './samples.ts'

const plain = { style: createStyle(0), columns: 80, isRehearsal: true }

it('is one screen: a line a service, what is pending, what waits, and trouble of the platform', () => {
  expect(renderStatus(aStatus(), plain)).toBe(`Project fakturino-production, environment staging (REHEARSAL)

✓ postgres    live  ghcr.io/railwayapp-templates/postgres-ssl:15  1/1 instance
✓ api         live  11111111  2/2 instances  api-staging-4b0e.up.railway.app
              a newer deployment 22222222: failed
✗ worker      crashed  11111111  0/1 instance
· scheduler   not deployed
· mcp-server  not yet: not implemented before Step 7

! 1 staged change waits uncommitted.

! The platform reports trouble of its own: Builds are slow in one region.
  https://status.example.com/1
`)
})

it('says that it is real', () => {
  expect(renderStatus(aStatus(), { ...plain, isRehearsal: false })).toMatch(
    /^Project fakturino-production, environment staging \(real\)\n/,
  )
})

it('counts staged changes in plural, and leaves out what is not the matter', () => {
  const text = renderStatus(aStatus({ stagedChanges: 2, platform: { isStable: true } }), plain)
  expect(text).toContain('! 2 staged changes wait uncommitted.')
  expect(text).not.toContain('trouble')
  expect(renderStatus(aStatus({ stagedChanges: 0, platform: { isStable: true } }), plain)).not.toContain('!')
})

it('says that the platform is in trouble even when it does not say why', () => {
  expect(renderStatus(aStatus({ platform: { isStable: false } }), plain)).toContain(
    '! The platform reports trouble of its own.\n',
  )
})

it('with colour: what is well is green, what is not is red, addresses stand out', () => {
  const { services } = aStatus()
  const one = aStatus({ services: services.slice(1, 3), pending: [], stagedChanges: 0, platform: { isStable: true } })
  expect(renderStatus(one, { ...plain, style: createStyle(1) })).toBe(
    `Project \u001b[1mfakturino-production\u001b[22m, environment \u001b[1mstaging\u001b[22m (\u001b[33mREHEARSAL\u001b[39m)\n\n\u001b[32m✓\u001b[39m api     \u001b[32mlive\u001b[39m  11111111  2/2 instances  \u001b[36mapi-staging-4b0e.up.railway.app\u001b[39m\n          \u001b[33ma newer deployment 22222222: failed\u001b[39m\n\u001b[31m✗\u001b[39m worker  \u001b[31mcrashed\u001b[39m  11111111  0/1 instance\n`,
  )
})

it('an empty environment has only its first line', () => {
  const empty = aStatus({ services: [], pending: [], stagedChanges: 0, platform: { isStable: true } })
  expect(renderStatus(empty, plain).trim()).toBe('Project fakturino-production, environment staging (REHEARSAL)')
})
