import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { aStage } from '../support/stage.ts'

const onItsOwn = { isRemote: true }
const shippedConfig = fileURLToPath(new URL('../../fakturino.config.ts', import.meta.url))
const steps = ['init', 'plan', 'deploy-staging', 'deploy-production', 'status', 'release', 'converged']

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
  expect(stdout).toMatch(/✓ The rehearsal held: 7 steps, /)
})

it('leaves nothing behind: no file, no word to the platform that runs already, no token taken from the person', async () => {
  const stage = await aStage()
  const before = JSON.stringify(stage.files.all())
  const env = { RAILWAY_TOKEN: 'sentinel-of-railway', RAILWAY_PROJECT_ID: 'x', FAKTURINO_ENVIRONMENT: 'nowhere' }
  const ran = await stage.run(['rehearse', '--json'], { ...onItsOwn, env })
  expect(ran.exitCode).toBe(0)
  expect(JSON.stringify(stage.files.all())).toBe(before)
  expect(stage.platform.requests).toHaveLength(0)
  expect(`${ran.stdout}${ran.stderr}`).not.toContain('sentinel-of-railway')
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
  expect(human.stdout).toMatch(/✗ The rehearsal did not hold: 5 of 7 steps, /)
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
