import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import envPaths from 'env-paths'
import { describe, expect, it } from 'vitest'
import { compiledConfigs } from '../../src/cli/compiled-configs.ts'
import { aStage } from '../support/stage.ts'

const onItsOwn = { isRemote: true }
const shippedConfig = fileURLToPath(new URL('../../fakturino.config.ts', import.meta.url))
const misfortunes = ['failing-health-check', 'crash-after-success', 'way-back', 'put-back', 'interrupted']
const deploys = ['deploy-staging', 'deploy-production']
const afterwards = ['failing-migration', 'rollback', 'flag', 'bad-flag', 'look-back', 'converged']
const steps = ['init', 'plan', ...deploys, 'status', 'check', 'release', ...misfortunes, ...afterwards]

it('holds from an empty workspace to a second release, and reports what each step proved', async () => {
  const stage = await aStage()
  const { exitCode, documents, stderr } = await stage.run(['rehearse', '--json'], onItsOwn)
  expect(stderr).toBe('')
  expect(exitCode).toBe(0)
  const report = documents.at(-1)
  expect(report).toMatchObject({ type: 'answer', command: 'rehearse' })
  const told = Array.isArray(report?.steps) ? report.steps : []
  expect(told.map(({ step, outcome }) => [step, outcome])).toEqual(steps.map((step) => [step, 'passed']))
  for (const step of told) {
    expect(step).toEqual({
      step: expect.any(String),
      title: expect.any(String),
      outcome: 'passed',
      proved: expect.arrayContaining([expect.stringMatching(/\.$/)]),
      elapsedMs: expect.any(Number),
      requests: expect.any(Number),
    })
    expect(step.requests).toBeGreaterThan(0)
  }
  const total = told.reduce((sum, { requests }) => sum + requests, 0)
  expect(report?.requests).toBe(total)
  expect(documents.map(({ format }) => format)).toEqual([1, ...documents.slice(1).map(() => undefined)])
})

it('tells its steps while it goes, and a readable report at the end', async () => {
  const stage = await aStage()
  const { exitCode, stdout, stderr } = await stage.run(['rehearse'], onItsOwn)
  expect(exitCode).toBe(0)
  expect(stderr).toContain('\nDeploy staging\n')
  expect(stderr).toContain('fakturino deploy -e staging --yes')
  expect(stderr).toMatch(/✓ deploy-staging held after \d/)
  expect(stdout).toContain('Rehearsal report')
  expect(stdout).toMatch(/✓ 1\. Set up an empty workspace \(/)
  expect(stdout).toMatch(/✓ The rehearsal held: 18 steps, /)
})

it('fits a narrow terminal, the screens at its end too', async () => {
  const stage = await aStage()
  const { exitCode, stdout } = await stage.run(['rehearse'], { ...onItsOwn, columns: 50 })
  expect(exitCode).toBe(0)
  expect(stdout).toContain('fakturino status -e production')
  // A single word may be longer: an image, a domain. A command stands whole on its line, so that it can be copied.
  const isCommand = (line: string) => line.startsWith('  fakturino ')
  const tooWide = stdout.split('\n').filter((line) => line.length > 50 && line.trim().includes(' ') && !isCommand(line))
  expect(tooWide).toEqual([])
})

it('leaves only a compiled config behind: no other file, no word to the platform that runs already, no token taken', async () => {
  const stage = await aStage()
  const before = JSON.stringify(stage.files.all())
  const env = { RAILWAY_TOKEN: 'sentinel-of-railway', RAILWAY_PROJECT_ID: 'x', FAKTURINO_ENVIRONMENT: 'nowhere' }
  const ran = await stage.run(['rehearse', '--json'], { ...onItsOwn, env })
  expect(ran.exitCode).toBe(0)
  expect(JSON.stringify(stage.files.all())).toBe(before)
  expect(await readdir(stage.stateDirectory)).toEqual(['compiled-configs'])
  expect(stage.platform.requests).toHaveLength(0)
  expect(`${ran.stdout}${ran.stderr}`).not.toContain('sentinel-of-railway')
})

it("keeps compiled configs in the user's cache, and beside the rest where --state says", async () => {
  const { cache, log } = envPaths('fakturino', { suffix: '' })
  expect(await compiledConfigs({})).toBe(join(cache, 'compiled-configs'))
  expect((await compiledConfigs({})).startsWith(log)).toBe(false)
  const state = join(tmpdir(), 'elsewhere')
  expect(await compiledConfigs({ state })).toBe(join(state, 'compiled-configs'))
})

it('a step that does not hold ends it with 1: it is named with its reason, and later ones are not reached', async () => {
  const stage = await aStage()
  // While monitoring is off, the app answers 403 there.
  const config = (await readFile(shippedConfig, 'utf8')).replace(
    "path: '/health', deployTimeout",
    "path: '/metrics', deployTimeout",
  )
  await stage.useConfig(config)
  const json = await stage.run(['rehearse', '--json'], onItsOwn)
  expect(json.exitCode).toBe(1)
  expect(json.documents.at(-1)).toMatchObject({
    type: 'answer',
    command: 'rehearse',
    steps: [
      { step: 'init', outcome: 'passed' },
      { step: 'plan', outcome: 'passed' },
      {
        step: 'deploy-staging',
        outcome: 'failed',
        proved: [],
        reason: expect.stringContaining(
          'fakturino deploy -e staging --yes ended with 6 instead of 0: api is still deploying in healthcheck',
        ),
      },
      ...steps.slice(3).map((step) => ({ step, outcome: 'not-reached', proved: [], requests: 0 })),
    ],
  })
  expect(json.documents).toContainEqual(expect.objectContaining({ type: 'step-failed', step: 'deploy-staging' }))

  const human = await stage.run(['rehearse'], onItsOwn)
  expect(human.exitCode).toBe(1)
  expect(human.stderr).toContain('✗ deploy-staging did not hold: ')
  expect(human.stdout).toContain('✗ 3. Deploy staging (')
  expect(human.stdout).toContain('· 4. Deploy production (not reached)')
  expect(human.stdout).toMatch(/✗ The rehearsal did not hold: 16 of 18 steps, /)
})

it('is stopped by Ctrl-C like any command, and stops its platform', async () => {
  const stage = await aStage()
  const { exitCode, documents } = await stage.run(['rehearse', '--json'], {
    ...onItsOwn,
    // While a deployment is watched.
    onStart: (interrupt) => stage.clock.after(1_000, () => interrupt('SIGINT')),
  })
  expect(exitCode).toBe(130)
  expect(documents.at(-1)).toMatchObject({ type: 'failure', code: 'interrupted' })
})

it('a config without an environment cannot be rehearsed', async () => {
  const stage = await aStage()
  await stage.useConfig(
    (await readFile(shippedConfig, 'utf8')).replace(/environments: \{.*?\n {2}\},/s, 'environments: {},'),
  )
  const { exitCode, stderr } = await stage.run(['rehearse'], onItsOwn)
  expect(exitCode).toBe(64)
  expect(stderr).toContain('environments')
})

interface ToldStep {
  step: string
  proved: string[]
  reason?: string
}

describe('holds for a config with', () => {
  const app = { kind: 'app', build: 'make', start: 'serve' }
  const web = { ...app, domain: true, port: 8080, healthcheck: { path: '/up' } }
  const redis = { kind: 'redis', version: '7', storage: '1GB', memory: '256MB', eviction: 'noeviction' }
  const one = { staging: { branch: 'main' } }
  const two = { production: { branch: 'main', protected: true }, staging: { branch: 'develop' } }

  async function rehearsed(wanted: Record<string, unknown>) {
    const stage = await aStage()
    const config = { project: { name: 'small' }, repository: 'acme/shop', databaseEngine: 'postgres', ...wanted }
    await stage.useConfig(`export default ${JSON.stringify(config)}\n`)
    const { exitCode, documents } = await stage.run(['rehearse', '--json'], onItsOwn)
    const report = documents.at(-1)
    const told: ToldStep[] = Array.isArray(report?.steps) ? report.steps : []
    expect(told.flatMap(({ reason }) => reason ?? [])).toEqual([])
    expect({ exitCode, failure: report?.message }).toEqual({ exitCode: 0, failure: undefined })
    return {
      steps: told.map(({ step }) => step),
      proved: Object.fromEntries(told.map(({ step, proved }) => [step, proved])),
      commands: documents.filter(({ type }) => type === 'step-command').map(({ command }) => String(command)),
    }
  }

  it('one environment and one service that nobody can ask', async () => {
    const { steps, proved } = await rehearsed({ environments: one, services: { worker: app } })
    expect(steps).toEqual(['init', 'plan', 'deploy-staging', 'status', 'check', 'release', 'converged'])
    expect(proved).toMatchObject({
      init: [
        'One project with staging; 1 service, created once; one patch, nothing deployed.',
        'Run again, it made nothing twice.',
      ],
      plan: ['What is stored equals the config; 1 service waits for its first deployment.'],
      'deploy-staging': ['worker live, each deployed once.'],
      status: ['1 service live and healthy in staging.'],
      release: [expect.stringMatching(/^staging: worker runs [0-9a-f]{8}\.$/)],
    })
  })

  it('images only: there is no new commit to deploy', async () => {
    const services = { redis, docs: { ...web, build: undefined, source: { image: 'acme/docs:1' } } }
    const { steps, proved } = await rehearsed({ environments: two, services })
    expect(steps).toEqual(['init', 'plan', 'deploy-staging', 'deploy-production', 'status', 'check', 'converged'])
    expect(proved['deploy-staging']).toEqual([
      expect.stringMatching(/ live, each deployed once\.$/),
      'docs answered over HTTP through its domain.',
    ])
  })

  it('a health check but no domain, and a domain but no health check', async () => {
    const services = { inner: { ...web, domain: undefined }, outer: { ...web, healthcheck: undefined } }
    const { proved } = await rehearsed({ environments: one, services })
    expect(proved['deploy-staging']).toEqual(['inner and outer live, each deployed once.'])
  })

  it('a domain of its own in one environment', async () => {
    const environments = { ...two, production: { ...two.production, domains: { web: 'shop.example.com' } } }
    const { proved } = await rehearsed({ environments, services: { web } })
    expect(proved['deploy-staging']).toHaveLength(2)
    expect(proved.status).toEqual(['1 service live and healthy in staging and production.'])
  })

  it('several codebases on several branches: every one gets the same new commit', async () => {
    const services = {
      web,
      worker: app,
      site: { ...app, source: { repository: 'acme/site' } },
      tools: { ...app, source: { repository: 'acme/tools', branch: 'stable' } },
      redis,
    }
    const { proved } = await rehearsed({ environments: two, services })
    expect(proved.release).toEqual([
      expect.stringMatching(/^staging: .*; redis was left alone\.$/),
      expect.stringMatching(/^production: .*; redis was left alone\.$/),
    ])
    for (const name of ['web', 'worker', 'site', 'tools']) expect(proved.release?.join(' ')).toContain(name)
  })

  it('services that follow their branch by themselves', async () => {
    const services = { web: { ...web, autoDeploy: true }, worker: { ...app, autoDeploy: true } }
    const { proved } = await rehearsed({ environments: two, services })
    expect(proved.release).toHaveLength(2)
  })

  it('a secret that only a person has, and a flag that is risky from the start: it brings both along', async () => {
    const { commands } = await rehearsed({
      environments: two,
      services: { web: { ...web, variables: { API_KEY: { kind: 'secret', secret: 'API_KEY' } } } },
      secrets: { API_KEY: { requiredBy: ['web'] } },
      flags: { mail: { variable: 'FEATURE_MAIL', default: true, riskyValue: true, services: ['web'], sections: [] } },
    })
    expect(commands[0]).toBe('fakturino init --yes --secrets-file rehearsed-secrets.env --allow risky-flag-default')
  })

  it('but one with pending services only cannot be rehearsed', async () => {
    const stage = await aStage()
    const services = { later: { kind: 'app', status: 'pending', reason: 'next month', build: 'make' } }
    const config = { project: { name: 'x' }, repository: 'acme/shop', databaseEngine: 'postgres', environments: one }
    await stage.useConfig(`export default ${JSON.stringify({ ...config, services })}\n`)
    const { exitCode, stderr } = await stage.run(['rehearse'], onItsOwn)
    expect(exitCode).toBe(64)
    expect(stderr).toContain('no service that is not pending')
  })
})
