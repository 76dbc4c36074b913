import { describe, expect, it } from 'vitest'
import { evidenceVariables } from '../../../src/operations/evidence-notes.ts'
import { firstCommit, repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  codeServices,
  failureOf,
  idOf,
  mutationsSince,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const variable = 'FEATURE_MONITORING'
const onHere = ['flags', 'on', 'monitoring', '-e', 'production', '--yes', '--json']

/** Staging and production, deployed, with people who ask production. */
async function aStageOfBoth(): Promise<Stage> {
  const stage = await aDeployedStage({ both: true })
  const { world } = stage.platform
  for (const environment of ['staging', 'production']) {
    world.setVisitors(world.environmentNamed(environment).id, idOf(stage, 'api'), 5)
  }
  stage.clock.advance(60_000)
  return stage
}

/** Validates a flag in staging, with every item that a person confirms. */
async function validated(stage: Stage, flag: string, extra: string[] = []): Promise<void> {
  const argv = ['flags', 'validate', flag, '-e', 'staging', '--yes', '--json']
  const { documents } = await succeeding(stage, [...argv, '--dry-run'])
  const items = documents.at(-1)?.items
  const manual = Array.isArray(items) ? items.filter(({ isAutomatic }) => isAutomatic !== true) : []
  const confirmed = manual.flatMap(({ id }) => ['--confirm', String(id)])
  await succeeding(stage, [...argv, '--by', 'ana', ...confirmed, ...extra])
}

function evidenceIn({ platform: { world } }: Stage): string {
  return String(world.environmentNamed('staging').config.sharedVariables?.[evidenceVariables.evidence]?.value ?? '')
}

function writeShared({ platform: { world } }: Stage, environment: string, name: string, value: string | null): void {
  world.setVariable(world.environmentNamed(environment).id, undefined, name, value, { skipDeploys: true })
}

function stored(stage: Stage): unknown[] {
  return codeServices.map((service) => storedValue(stage, 'production', service, variable))
}

/** The refusal, and that nothing was changed by it. */
async function refusal(stage: Stage, argv = onHere) {
  const start = stage.platform.requests.length
  const ran = await stage.run(argv)
  const failure = failureOf(ran)
  expect(failure, ran.stdout).toMatchObject({ exitCode: 5, kind: 'refused' })
  expect(mutationsSince(stage, start)).toEqual([])
  return failure
}

describe('flags on in an environment that another one validates', () => {
  it('is accepted with evidence, of the revision that runs there', async () => {
    const stage = await aStageOfBoth()
    await validated(stage, 'monitoring')
    const { documents } = await succeeding(stage, onHere)
    expect(documents.at(-1)).toMatchObject({ verdict: 'pass', flags: [{ name: 'monitoring', effect: 'on' }] })
    expect(stored(stage)).toEqual(['true', 'true', 'true'])
  })

  it('asks at most six requests until it is committed, evidence, baseline and lease included', async () => {
    const stage = await aStageOfBoth()
    await validated(stage, 'monitoring')
    const start = stage.platform.requests.length
    await succeeding(stage, onHere)
    const sent = stage.platform.requests.slice(start).map(({ operationName }) => operationName)
    expect(sent.indexOf('CommitChanges') + 1, sent.join(' ')).toBeLessThanOrEqual(6)
  })

  it('is refused without evidence, and says what to run', async () => {
    const stage = await aStageOfBoth()
    expect(await refusal(stage)).toMatchObject({
      code: 'evidence-missing',
      hint: expect.stringContaining('fakturino flags validate monitoring -e staging'),
      findings: [expect.objectContaining({ code: 'evidence-missing', severity: 'critical' })],
    })
  })

  it('is refused where production runs another revision than was tried', async () => {
    const stage = await aStageOfBoth()
    await validated(stage, 'monitoring')
    const newer = '2222222222222222222222222222222222222222'
    stage.platform.world.addCommit(repository, 'main', { sha: newer })
    await succeeding(stage, ['deploy', '-e', 'production', '--commit', newer, '--yes'])
    expect(await refusal(stage)).toMatchObject({
      code: 'evidence-of-other-revision',
      message: expect.stringContaining(firstCommit.slice(0, 8)),
    })
  })

  it('is refused where the evidence is too old', async () => {
    const stage = await aStageOfBoth()
    await validated(stage, 'monitoring')
    stage.clock.advance(61 * 60_000)
    expect(await refusal(stage)).toMatchObject({ code: 'evidence-expired' })
  })

  it('is refused where the evidence is unsigned, because there is no key', async () => {
    const stage = await aStageOfBoth()
    await validated(stage, 'monitoring')
    writeShared(stage, 'production', evidenceVariables.key, '')
    expect(await refusal(stage)).toMatchObject({ code: 'evidence-unsigned' })
  })

  it('is refused where somebody edited the evidence', async () => {
    const stage = await aStageOfBoth()
    await validated(stage, 'monitoring')
    writeShared(stage, 'staging', evidenceVariables.evidence, evidenceIn(stage).replaceAll('"ana"', '"eva"'))
    expect(await refusal(stage)).toMatchObject({ code: 'evidence-altered' })
  })

  it('is refused where staging uses the database of production', async () => {
    const stage = await aStageOfBoth()
    const { world } = stage.platform
    const staging = world.environmentNamed('staging')
    const url = 'postgresql://postgres:x@production.example.com:5432/railway'
    for (const service of codeServices) {
      world.setVariable(staging.id, idOf(stage, service), 'DATABASE_URL', url, { skipDeploys: true })
    }
    await validated(stage, 'monitoring')
    expect(await refusal(stage)).toMatchObject({ code: 'shared-database' })
  })

  it('is refused while another change of flags is not over, and names both ways on', async () => {
    const stage = await aStageOfBoth()
    await validated(stage, 'monitoring')
    const note = {
      id: 'ab12',
      by: 'petar',
      since: 1,
      flags: [{ name: 'psd2_banking', variable: 'FEATURE_PSD2_BANKING', value: 'true', before: { api: 'false' } }],
      isReverting: false,
    }
    writeShared(stage, 'production', 'FAKTURINO_ROLLOUT', JSON.stringify(note))
    const failure = await refusal(stage)
    expect(failure).toMatchObject({
      code: 'rollout-under-way',
      message: expect.stringContaining('psd2_banking by petar'),
    })
    expect(failure.hint).toContain('fakturino flags resume psd2_banking -e production')
    expect(failure.hint).toContain('fakturino flags off psd2_banking -e production')
  })

  it('is refused while somebody else holds the lease, without waiting for what they make of it', async () => {
    const stage = await aStageOfBoth()
    await validated(stage, 'monitoring')
    const lease = { nonce: 'theirs', holder: 'petar', command: 'flags', since: 1, until: 8_000_000_000_000 }
    writeShared(stage, 'production', 'FAKTURINO_LEASE', JSON.stringify(lease))
    expect(await refusal(stage)).toMatchObject({ code: 'lease-held', message: expect.stringContaining('petar (flags') })
    expect(stored(stage)).toEqual(['false', 'false', 'false'])
  })

  it('is refused where production is red already', async () => {
    const stage = await aStageOfBoth()
    await validated(stage, 'monitoring')
    const { world } = stage.platform
    world.setCondition(world.environmentNamed('production').id, idOf(stage, 'api'), { failingChecks: ['database'] })
    expect(await refusal(stage)).toMatchObject({ code: 'already-red' })
  })

  it('goes on without evidence where somebody says why, and that is recorded', async () => {
    const stage = await aStageOfBoth()
    const argv = [...onHere, '--override-evidence']
    expect(failureOf(await stage.run(argv))).toMatchObject({ exitCode: 64 })
    const { documents } = await succeeding(stage, [...argv, '--reason', 'INCIDENT 7'])
    expect(documents.at(-1)).toMatchObject({ gates: { overridden: ['evidence-missing'] } })
    const [patch] = stage.platform.world.environmentNamed('production').patches.slice(-1)
    expect(patch?.message).toContain('INCIDENT 7')
    expect(patch?.message).toContain('(allowed: evidence-missing)')
  })
})

describe('what a flag needs', () => {
  it('mcp_ai_tools is refused while the mcp-server is pending, with the reason', async () => {
    const stage = await aStageOfBoth()
    const failure = await refusal(stage, ['flags', 'on', 'mcp-ai-tools', '-e', 'production', '--yes', '--json'])
    expect(failure.findings).toContainEqual(
      expect.objectContaining({ code: 'requirement-missing', message: expect.stringContaining('Step 7') }),
    )
  })

  it('mcp_ai_tools passes on the day Step 7 lands; where the server is not yet, it is not configured', async () => {
    const stage = await aStageOfBoth()
    await stage.useConfig(
      await shippedConfig({ "      status: 'pending',\n      reason: 'not implemented before Step 7',\n": '' }),
    )
    await succeeding(stage, ['deploy', 'mcp-server', '-e', 'staging', '--yes'])
    const argv = (environment: string) => ['flags', 'on', 'mcp_ai_tools', '-e', environment, '--yes', '--json']
    const { documents } = await succeeding(stage, argv('staging'))
    expect(documents.at(-1)).toMatchObject({ verdict: 'pass', flags: [{ name: 'mcp_ai_tools', effect: 'on' }] })
    const failure = await refusal(stage, argv('production'))
    expect(failure.findings).toContainEqual(
      expect.objectContaining({
        code: 'requirement-missing',
        message: expect.stringContaining('mcp-server is not configured in production'),
      }),
    )
  })

  it('psd2_banking is refused without the secrets of the banks, even in staging', async () => {
    const stage = await aStageOfBoth()
    const failure = await refusal(stage, ['flags', 'on', 'psd2_banking', '-e', 'staging', '--yes', '--json'])
    expect(failure).toMatchObject({
      code: 'requirement-missing',
      message: expect.stringContaining('NLB_CLIENT_SECRET'),
    })
  })

  it('mocked data goes off only with every section green', async () => {
    const stage = await aStageOfBoth()
    await validated(stage, 'monitoring')
    const argv = ['flags', 'set', 'partner_mocked_data=false', '-e', 'production', '--yes', '--json']
    expect(await refusal(stage, argv)).toMatchObject({ code: 'evidence-missing' })
    await stage.useConfig(await shippedConfig({ "sections: 'every'": "sections: ['invoice', 'bank', 'railway']" }))
    await validated(stage, 'partner_mocked_data')
    await stage.useConfig(await shippedConfig({}))
    expect(await refusal(stage, argv)).toMatchObject({
      code: 'evidence-not-green',
      message: expect.stringContaining('migration-1'),
    })
    await validated(stage, 'partner_mocked_data')
    const [all] = JSON.parse(evidenceIn(stage)) as { flag: string; items: unknown[] }[]
    expect(all?.flag).toBe('partner_mocked_data')
    const { documents } = await succeeding(stage, argv)
    expect(documents.at(-1)).toMatchObject({ flags: [{ name: 'partner_mocked_data', value: 'false' }] })
  })
})

describe('in CI', () => {
  it('goes from project tokens and a file of evidence to the flag in production, without a terminal', async () => {
    const stage = await aStageOfBoth()
    const { project } = stage.platform.address.tokens
    const as = (environment: string) => ({ env: { RAILWAY_TOKEN: project[environment] ?? '' } })
    const inStaging = ['flags', 'validate', 'monitoring', '--yes', '--json', '-e', 'staging']
    const listed = await stage.run([...inStaging, '--dry-run'], as('staging'))
    expect(listed.exitCode, listed.stderr + listed.stdout).toBe(0)
    const items = listed.documents.at(-1)?.items
    const manual = Array.isArray(items) ? items.filter(({ isAutomatic }) => isAutomatic !== true) : []
    const confirmed = manual.flatMap(({ id }) => ['--confirm', String(id)])
    const proof = await stage.run([...inStaging, '--by', 'ci', '--out', '/evidence.json', ...confirmed], as('staging'))
    expect(proof.exitCode, proof.stderr + proof.stdout).toBe(0)
    const inProduction = ['flags', 'on', 'monitoring', '-e', 'production', '--yes', '--json']
    const without = await stage.run(inProduction, as('production'))
    expect(failureOf(without)).toMatchObject({ exitCode: 5, code: 'evidence-missing' })
    const on = await stage.run([...inProduction, '--evidence', '/evidence.json'], as('production'))
    expect(on.exitCode, on.stderr + on.stdout).toBe(0)
    expect(on.documents.at(-1)).toMatchObject({ verdict: 'pass' })
    expect(stored(stage)).toEqual(['true', 'true', 'true'])
  })
})

it('a deploy before, during and after never changes the value of a flag', async () => {
  const stage = await aStageOfBoth()
  await validated(stage, 'monitoring')
  await succeeding(stage, ['deploy', '-e', 'production', '--yes'])
  expect(stored(stage)).toEqual(['false', 'false', 'false'])
  const text = await shippedConfig({ "CACHE_STORE: 'redis',": "CACHE_STORE: 'redis',\n  LOG_LEVEL: 'info'," })
  await stage.useConfig(text)
  const deploying = ['deploy', '-e', 'production', '--yes', '--json']
  let meanwhile: ReturnType<Stage['run']> | undefined
  let looks = 0
  stage.platform.onRequest(({ operationName }) => {
    if (operationName === 'HttpStatuses') looks += 1
    if (looks === 3) meanwhile ??= stage.run(deploying)
    return undefined
  })
  await succeeding(stage, onHere)
  const during = await meanwhile
  expect(during?.documents).toContainEqual(expect.objectContaining({ type: 'lease-awaited', command: 'flags' }))
  expect(during?.exitCode, during?.stderr).toBe(0)
  expect(stored(stage)).toEqual(['true', 'true', 'true'])
  await succeeding(stage, deploying)
  expect(stored(stage)).toEqual(['true', 'true', 'true'])
  expect(storedValue(stage, 'production', 'api', 'LOG_LEVEL')).toBe('info')
})

it('the way out of an unfinished change of the safety flag is to switch it on again, which is not in its own way', async () => {
  const stage = await aStageOfBoth()
  // Every section has to be green, and pages behind a flag that is off cannot be.
  await validated(stage, 'monitoring')
  await validated(stage, 'partner_mocked_data')
  const { world } = stage.platform
  world.setVisitors(world.environmentNamed('production').id, idOf(stage, 'api'), 0)
  const ran = await stage.run(['flags', 'set', 'partner_mocked_data=false', '-e', 'production', '--yes', '--json'])
  const failure = failureOf(ran)
  expect(failure, ran.stdout).toMatchObject({ exitCode: 6, code: 'rollout-inconclusive' })
  expect(failure.hint).toContain('fakturino flags set partner_mocked_data=true -e production')
  await succeeding(stage, ['flags', 'set', 'partner_mocked_data=true', '-e', 'production', '--yes', '--no-soak'])
  expect(storedValue(stage, 'production', 'api', 'FEATURE_PARTNER_MOCKED_DATA')).toBe('true')
  const { environment } = { environment: world.environmentNamed('production') }
  expect(environment.config.sharedVariables?.FAKTURINO_ROLLOUT?.value).toBe('')
})
