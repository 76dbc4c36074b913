import stringWidth from 'fast-string-width'
import { describe, expect, it } from 'vitest'
import { repository, type Stage } from '../../support/stage.ts'
import { killedAt } from '../../support/sudden-death.ts'
import { aDeployedStage, aStoredStage, deploymentsOf, succeeding } from './deployed-stage.ts'

const newer = '2222222222222222222222222222222222222222'
const hour = 3_600_000
const sentinel = 'sentinel-staged-1b7f20'
const deploying = ['deploy', '-e', 'staging', '--yes', '--commit', newer]

/** Deployed two hours ago, and a commit that nothing runs yet. */
async function aHealthyStage(): Promise<Stage> {
  const stage = await aDeployedStage()
  stage.clock.advance(2 * hour)
  stage.platform.world.addCommit(repository, 'main', { sha: newer })
  return stage
}

const states: [name: string, make: () => Promise<Stage>, screen: string][] = [
  [
    'a fresh project',
    aStoredStage,
    `Project fakturino-production, environment staging (REHEARSAL)

· postgres    not deployed
· redis       not deployed
· api         not deployed  api-staging-4b0e.up.railway.app
· worker      not deployed
· scheduler   not deployed
· mcp-server  not yet: not implemented before Step 7

Next, because nothing was deployed yet:
  fakturino deploy -e staging
`,
  ],
  [
    'a healthy one',
    aHealthyStage,
    `Project fakturino-production, environment staging (REHEARSAL)

✓ postgres    live  postgres-ssl:15  1/1 up  2 h ago
✓ redis       live  redis:7          1/1 up  2 h ago
✓ api         live  11111111         1/1 up  2 h ago
              api-staging-4b0e.up.railway.app
✓ worker      live  11111111         1/1 up  2 h ago
✓ scheduler   live  11111111         1/1 up  2 h ago
· mcp-server  not yet: not implemented before Step 7

· Roll back: nothing earlier is kept.

Next, because everything runs; whether it also works is another question:
  fakturino check -e staging
`,
  ],
  [
    'one where a deploy is half done',
    async () => {
      const stage = await aHealthyStage()
      await succeeding(stage, [...deploying, '--detach'])
      return stage
    },
    `Project fakturino-production, environment staging (REHEARSAL)

✓ postgres    live  postgres-ssl:15  1/1 up  2 h ago
✓ redis       live  redis:7          1/1 up  2 h ago
✓ api         live  11111111         1/1 up  2 h ago
              api-staging-4b0e.up.railway.app
              a newer deployment 22222222: queued since 11:00 UTC (0 s ago)
✓ worker      live  11111111         1/1 up  2 h ago
✓ scheduler   live  11111111         1/1 up  2 h ago
· mcp-server  not yet: not implemented before Step 7

· Roll back: nothing earlier is kept.

Next, because a deployment of api is on its way:
  fakturino status --watch -e staging
`,
  ],
  [
    'a split revision',
    async () => {
      const stage = await aHealthyStage()
      await succeeding(stage, [...deploying, 'worker', '--allow', 'split-revision'])
      stage.clock.advance(hour)
      return stage
    },
    `Project fakturino-production, environment staging (REHEARSAL)

✓ postgres    live  postgres-ssl:15  1/1 up  3 h ago
✓ redis       live  redis:7          1/1 up  3 h ago
✓ api         live  11111111         1/1 up  3 h ago
              api-staging-4b0e.up.railway.app
✓ worker      live  22222222         1/1 up  1 h ago
✓ scheduler   live  11111111         1/1 up  3 h ago
· mcp-server  not yet: not implemented before Step 7

! Split revision: 22222222 on worker; 11111111 on api and scheduler
  (your-organisation/fakturino#main).
· Roll back: worker to 11111111 (3 h ago); nothing earlier is kept of postgres,
  redis, api and scheduler.
  fakturino rollback services --to 11111111 -e staging

Next, because services of one codebase run different commits:
  fakturino deploy -e staging --commit 2222222222222222222222222222222222222222
`,
  ],
  [
    'a crashed worker',
    async () => {
      const stage = await aHealthyStage()
      stage.platform.world.forceStatus(deploymentsOf(stage, 'staging', 'worker').at(-1)?.id ?? '', 'CRASHED')
      stage.clock.advance(hour / 5)
      return stage
    },
    `Project fakturino-production, environment staging (REHEARSAL)

✓ postgres    live     postgres-ssl:15  1/1 up  2 h ago
✓ redis       live     redis:7          1/1 up  2 h ago
✓ api         live     11111111         1/1 up  2 h ago
              api-staging-4b0e.up.railway.app
✗ worker      crashed  11111111         1/1 up  2 h ago
              down since 11:00 UTC (11 min ago)
✓ scheduler   live     11111111         1/1 up  2 h ago
· mcp-server  not yet: not implemented before Step 7

· Roll back: nothing earlier is kept.

Next, because worker crashed:
  fakturino logs worker -e staging
`,
  ],
  [
    'changes that somebody else staged',
    async () => {
      const stage = await aHealthyStage()
      const { world } = stage.platform
      const [api, worker] = [world.serviceNamed('api').id, world.serviceNamed('worker').id]
      world.stage(world.environmentNamed('staging').id, {
        services: {
          [api]: { variables: { FEATURE_MONITORING: { value: sentinel } } },
          [worker]: { deploy: { startCommand: sentinel } },
        },
      })
      return stage
    },
    `Project fakturino-production, environment staging (REHEARSAL)

✓ postgres    live  postgres-ssl:15  1/1 up  2 h ago
✓ redis       live  redis:7          1/1 up  2 h ago
✓ api         live  11111111         1/1 up  2 h ago
              api-staging-4b0e.up.railway.app
✓ worker      live  11111111         1/1 up  2 h ago
✓ scheduler   live  11111111         1/1 up  2 h ago
· mcp-server  not yet: not implemented before Step 7

! 2 staged changes wait uncommitted: api.variables.FEATURE_MONITORING and
  worker.deploy.startCommand.
· Roll back: nothing earlier is kept.

Next, because 2 changes wait in the dashboard to be committed or discarded:
  fakturino plan -e staging
`,
  ],
  [
    'a deploy that was interrupted',
    async () => {
      const stage = await aHealthyStage()
      await killedAt(stage, deploying, 14, 'after it was sent')
      stage.clock.advance(hour)
      return stage
    },
    `Project fakturino-production, environment staging (REHEARSAL)

✓ postgres    live  postgres-ssl:15  1/1 up  3 h ago
✓ redis       live  redis:7          1/1 up  3 h ago
✓ api         live  22222222         1/1 up  1 h ago
              api-staging-4b0e.up.railway.app
✓ worker      live  11111111         1/1 up  3 h ago
✓ scheduler   live  11111111         1/1 up  3 h ago
· mcp-server  not yet: not implemented before Step 7

! Split revision: 22222222 on api; 11111111 on worker and scheduler
  (your-organisation/fakturino#main).
· Roll back: api to 11111111 (3 h ago); nothing earlier is kept of postgres,
  redis, worker and scheduler.
  fakturino rollback services --to 11111111 -e staging

! deploy by nina, begun 2026-11-03T11:00:10.000Z for 22222222, was not finished;
  to go on with it:
  fakturino deploy -e staging --commit 2222222222222222222222222222222222222222
`,
  ],
]

/** What a person sees, without what this machine adds to commands and with the domain that is always the same. */
function screenOf(stdout: string): string {
  return stdout
    .replaceAll(/ --local --config \S+ --state \S+/g, '')
    .replaceAll(/api-staging-[0-9a-f]+/g, 'api-staging-4b0e')
}

describe.each(states)('status of %s', (_, make, screen) => {
  it('is one screen of 80 by 24, for one request, and no line is too wide on any', async () => {
    const stage = await make()
    for (const columns of [80, 40, 200]) {
      const start = stage.platform.requests.length
      const { exitCode, stdout, stderr } = await stage.run(['status', '-e', 'staging'], { columns })
      expect([exitCode, stderr]).toEqual([0, ''])
      expect(stage.platform.requests.slice(start).map(({ operationName }) => operationName)).toEqual([
        'ObserveEnvironment',
      ])
      const shown = screenOf(stdout)
      if (columns === 80) {
        expect(shown).toBe(screen)
        expect(shown.trimEnd().split('\n').length).toBeLessThanOrEqual(24)
      }
      // A command stands whole on its line, so that it can be copied.
      const wide = shown.split('\n').filter((line) => stringWidth(line) > columns && !line.startsWith('  fakturino '))
      expect(wide).toEqual([])
      expect(stdout).not.toContain(sentinel)
    }
    const { stdout } = await stage.run(['status', '-e', 'staging', '--json'])
    expect(stdout).not.toContain(sentinel)
  })
})

describe('status where lists come two rows a page', () => {
  it('claims nothing of what it has not read', async () => {
    const stage = await aDeployedStage({ pageCap: 2 })
    const { documents, stdout } = await stage.run(['status', '-e', 'staging', '--json'])
    expect(documents[0]?.services, stdout).toContainEqual(
      expect.objectContaining({ name: 'api', status: 'live', rollback: { possible: null, to: null } }),
    )
    const human = await stage.run(['status', '-e', 'staging'])
    expect(human.stdout).toMatch(/Roll back: not known of/)
  })
})
