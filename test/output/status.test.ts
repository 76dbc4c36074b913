import { expect, it } from 'vitest'
import { renderStatus } from '../../src/output/human/status.ts'
import { createStyle } from '../../src/output/style.ts'
import type { DifferingFlag } from '../../src/plan/differing-flags.ts'
import { aStatus, commit } from './samples.ts'

const plain = { style: createStyle(0), columns: 80, isRehearsal: true }

it('is one screen: a line a service, what is pending, what waits, and trouble of the platform', () => {
  expect(renderStatus(aStatus(), plain)).toBe(`Project fakturino-production, environment staging (REHEARSAL)

✓ postgres    live     postgres-ssl:15  1/1 up  2 h ago
✓ api         live     11111111         2/2 up  2 h ago
              api-staging-4b0e.up.railway.app
              a newer deployment 22222222: failed since 10:48 UTC (12 min ago)
✗ worker      crashed  11111111         0/1 up  2 h ago
              down since 09:02 UTC (1 h ago)
· scheduler   not deployed
· mcp-server  not yet: not implemented before Step 7

! 1 staged change waits uncommitted: api.variables.QUEUE_CONNECTION.
· Roll back: api to 00000000 (4 h ago); nothing earlier is kept of postgres and
  worker.
! The platform reports trouble of its own: Builds are slow in one region.
  https://status.example.com/1

Next, because worker crashed:
  fakturino logs worker -e staging
`)
})

it('says that it is real', () => {
  expect(renderStatus(aStatus(), { ...plain, isRehearsal: false })).toMatch(
    /^Project fakturino-production, environment staging \(real\)\n/,
  )
})

it('counts staged changes in plural, and leaves out what is not the matter', () => {
  const text = renderStatus(aStatus({ stagedChanges: 2, platform: { isStable: true } }), plain)
  expect(text).toContain('! 2 staged changes wait uncommitted: api.variables.QUEUE_CONNECTION.')
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
  const text = renderStatus(one, { ...plain, style: createStyle(1) })
  expect(text).toContain(
    '\u001b[32m✓\u001b[39m api     \u001b[32mlive   \u001b[39m  11111111  2/2 up  2 h ago  \u001b[36mapi-staging-4b0e.up.railway.app\u001b[39m\n          \u001b[33ma newer deployment 22222222: failed since 10:48 UTC (12 min ago)\u001b[39m\n\u001b[31m✗\u001b[39m worker  \u001b[31mcrashed\u001b[39m  11111111  0/1 up  2 h ago\n          \u001b[33mdown since 09:02 UTC (1 h ago)\u001b[39m\n',
  )
  expect(text).toContain('\u001b[36mfakturino logs worker -e staging\u001b[39m')
})

const nothing = { code: 'none', because: 'nothing is here', command: null } as const

it('an empty environment has only its first line', () => {
  const empty = aStatus({ services: [], pending: [], stagedChanges: 0, platform: { isStable: true }, next: nothing })
  expect(renderStatus(empty, plain).trim()).toBe('Project fakturino-production, environment staging (REHEARSAL)')
})

it('names split revisions, and flags that are not the same everywhere', () => {
  const flag = (name: string, parts: Partial<DifferingFlag> = {}): DifferingFlag => ({
    flag: name,
    variable: `FEATURE_${name.toUpperCase()}`,
    default: 'false',
    values: { api: 'true', worker: 'false', scheduler: 'false' },
    differs: ['default', 'services'],
    notRunning: [],
    ...parts,
  })
  const text = renderStatus(
    aStatus({
      splits: [
        {
          codebase: 'acme/shop#main',
          revisions: [
            { commit, services: ['api'] },
            { commit: 'x', services: ['worker', 'scheduler'] },
          ],
        },
      ],
      flags: [
        flag('psd2_banking'),
        flag('monitoring', { values: { api: 'true' }, differs: ['default', 'running'], notRunning: ['api'] }),
        flag('mcp_ai_tools'),
      ],
    }),
    { ...plain, columns: 200 },
  )
  expect(text).toContain('! Split revision: 11111111 on api; x on worker and scheduler (acme/shop#main).\n')
  expect(text).toContain(
    "! Flag psd2_banking is true on api and false on worker and scheduler; the config's default is false.\n",
  )
  expect(text).toContain("! Flag monitoring is true; the config's default is false; not running yet on api.\n")
  expect(text).toContain('! 1 more flag differs; --json names them.\n')
})

it('says when two deployments are active, that a look will be repeated, and the day where it is not today', () => {
  const [, api] = aStatus().services
  const since = '2026-11-01T08:00:00.000Z'
  const services =
    api === undefined ? [] : [{ ...api, status: 'crashed' as const, since, alsoActive: [{ id: 'd', revision: 'x' }] }]
  const text = renderStatus(aStatus({ services }), { ...plain, watch: { everyMs: 10_000 } })
  expect(text).toContain('  still active too: x\n')
  expect(text).toContain('  down since 2026-11-01 08:00 UTC (2 d ago)\n')
  expect(text).toContain('\nLooked at 11:00 UTC; again every 10 s, until Ctrl-C.\n')
})

it('prints what is left to be gone on with once', () => {
  const goOn = 'fakturino deploy -e staging'
  const operation = {
    state: 'unfinished',
    command: 'deploy',
    by: 'nina',
    since: '2026-11-03T09:00:00.000Z',
    goOn,
  } as const
  const next = { code: 'go-on', because: 'deploy was not finished', command: goOn } as const
  const text = renderStatus(aStatus({ next }), { ...plain, operation })
  expect(text.split(goOn)).toHaveLength(2)
})
