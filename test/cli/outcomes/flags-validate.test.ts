import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/kit/secret.ts'
import { type Evidence, evidenceIn, isSignedBy, parsedEvidence } from '../../../src/verify/evidence.ts'
import { firstCommit, type RunOptions, type Stage } from '../../support/stage.ts'
import { killedAt, moments } from '../../support/sudden-death.ts'
import {
  aDeployedStage,
  aStoredStage,
  codeServices,
  deploymentCounts,
  failureOf,
  idOf,
  mutationsSince,
  notesOf,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const variable = 'FEATURE_MONITORING'
const manual = ['monitoring-3', 'monitoring-5', 'monitoring-6', 'monitoring-7', 'railway-3', 'railway-6', 'railway-7']
const automatic = ['monitoring-1', 'monitoring-2', 'monitoring-4', 'railway-1', 'railway-2', 'railway-4', 'railway-5']
const validate = ['flags', 'validate', 'monitoring', '-e', 'staging']
const confirms = manual.flatMap((item) => ['--confirm', item])
/** As a CI job runs it. */
const byOptions = [...validate, '--yes', '--json', '--by', 'nina', ...confirms]

function shared({ platform: { world } }: Stage, name: string, environment = 'staging'): string {
  const { sharedVariables = {} } = world.environmentNamed(environment).config
  return sharedVariables[name]?.value ?? ''
}

function keyIn(stage: Stage, environment = 'staging'): string {
  return shared(stage, 'FAKTURINO_EVIDENCE_KEY', environment)
}

/** What staging says of its own. */
function evidenceOf(stage: Stage): Evidence[] {
  const text = shared(stage, 'FAKTURINO_EVIDENCE')
  return text === '' ? [] : JSON.parse(text).flatMap((one: unknown) => evidenceIn(one) ?? [])
}

function stored(stage: Stage, environment = 'staging'): unknown[] {
  return codeServices.map((service) => storedValue(stage, environment, service, variable))
}

function condition(stage: Stage, ailments: Parameters<Stage['platform']['world']['setCondition']>[2]): void {
  const { world } = stage.platform
  world.setCondition(world.environmentNamed('staging').id, idOf(stage, 'api'), ailments)
}

function writeShared({ platform: { world } }: Stage, name: string, value: string, environment = 'staging'): void {
  world.commit(world.environmentNamed(environment).id, { sharedVariables: { [name]: { value } } })
}

/** Somebody at the terminal who approves and then answers item by item: a number, and a note unless it is skipped. */
function atTerminal(answers: string[]): RunOptions {
  return { answers: ['y', ...answers] }
}

/** As it reads, without colours and line breaks. */
function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/\s+/g, ' ')
}

const yes = ['1', '']
const allYes = manual.flatMap(() => yes)

describe('flags validate', () => {
  it('sets the flag by one patch, proves and asks item by item, and keeps signed evidence that deploys nothing', async () => {
    const stage = await aDeployedStage({ both: true })
    const patches = stage.platform.world.environmentNamed('staging').patches.length
    const counts = deploymentCounts(stage, 'staging')
    const answers = ['1', 'seen in Grafana', ...allYes.slice(2)]
    const ran = await stage.run(validate, atTerminal(answers))
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(stored(stage)).toEqual(['true', 'true', 'true'])
    expect(stored(stage, 'production')).toEqual(['false', 'false', 'false'])
    expect(stage.platform.world.environmentNamed('staging').patches.length).toBe(patches + 1)
    for (const service of codeServices) {
      expect(deploymentCounts(stage, 'staging')[service], service).toBe((counts[service] ?? 0) + 1)
    }
    const [evidence, ...others] = evidenceOf(stage)
    expect(others).toEqual([])
    expect(evidence).toMatchObject({
      flag: 'monitoring',
      value: 'true',
      project: 'fakturino-production',
      environment: 'staging',
      revisions: { api: firstCommit, worker: firstCommit, scheduler: firstCommit },
      by: 'nina',
      database: { volumeId: expect.any(String), passwordHmac: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
    expect(evidence?.items.map(({ id }) => id).sort()).toEqual([...manual, ...automatic].sort())
    expect(evidence?.items.filter(({ by }) => by === 'check').map(({ id }) => id)).toEqual(automatic)
    expect(evidence?.items.find(({ id }) => id === 'monitoring-3')).toMatchObject({
      by: 'nina',
      note: 'seen in Grafana',
    })
    expect(evidence !== undefined && isSignedBy(evidence, new Secret(keyIn(stage)))).toBe(true)
    expect(plain(ran.stdout)).toContain(
      '✓ monitoring=true is validated in staging: 14 items green, 7 of them by checks.',
    )
    expect(ran.stdout).toContain('fakturino flags on monitoring -e production')
    expect(notesOf(stage).lease).toBeUndefined()
    expect(notesOf(stage).operation).toBeUndefined()
  })

  it('without a terminal takes answers from options, tells each item in JSON, and writes the file that it is asked for', async () => {
    const stage = await aDeployedStage()
    const { documents } = await succeeding(stage, [...byOptions, '--note', 'run 17', '--out', '/out/evidence.json'])
    const judged = documents.filter(({ type }) => type === 'item-judged')
    expect(judged.map(({ id, outcome, by }) => [id, outcome, by])).toEqual(
      automatic.map((id) => [id, 'green', 'check']),
    )
    expect(documents.at(-1)).toMatchObject({
      type: 'answer',
      command: 'flags',
      act: 'validate',
      dryRun: false,
      rehearsal: true,
      flag: 'monitoring',
      value: 'true',
      environment: 'staging',
      validates: 'production',
      automatic: 7,
      file: '/out/evidence.json',
      keptIn: 'FAKTURINO_EVIDENCE',
      goodUntil: expect.stringMatching(/^2026-11-03T\d\d:/),
      next: [expect.stringContaining('fakturino flags on monitoring -e production')],
    })
    const file = parsedEvidence(stage.files.all()['/out/evidence.json'] ?? '')
    expect(file).toEqual(evidenceOf(stage)[0])
    expect(file?.items.filter(({ note }) => note === 'run 17').map(({ id }) => id)).toEqual(manual)
  })

  it('run again deploys nothing, asks for no approval, and keeps the newer evidence in the place of the old', async () => {
    const stage = await aDeployedStage()
    await succeeding(stage, byOptions)
    const counts = deploymentCounts(stage, 'staging')
    stage.clock.advance(60_000)
    await succeeding(
      stage,
      byOptions.filter((word) => word !== '--yes'),
    )
    expect(deploymentCounts(stage, 'staging')).toEqual(counts)
    expect(evidenceOf(stage).map(({ flag }) => flag)).toEqual(['monitoring'])
  })

  it('takes each spelling of a flag, and gives the safety flag its risky value: off', async () => {
    const stage = await aDeployedStage()
    const dry = await succeeding(stage, [
      'flags',
      'validate',
      'Partner-Mocked-Data',
      '-e',
      'staging',
      '--dry-run',
      '--json',
    ])
    expect(dry.documents.at(-1)).toMatchObject({ flag: 'partner_mocked_data', value: 'false', evidence: null })
    const items = dry.documents.at(-1)?.items
    expect(Array.isArray(items) && items.length).toBe(60)
  })

  it('--dry-run lists the items and how many are automatic, and changes nothing', async () => {
    const stage = await aDeployedStage()
    const start = stage.platform.requests.length
    const { stdout } = await succeeding(stage, [...validate, '--dry-run'])
    expect(stdout).toContain('Monitoring shows what happens\n  ▸ monitoring-1 ')
    expect(stdout).toContain(
      '14 items, 7 automatic and 7 to be confirmed by a\n  person. Dry run: nothing was changed.',
    )
    expect(mutationsSince(stage, start)).toEqual([])
  })
})

describe('flags validate refuses', () => {
  it('with every missing --confirm at once where nobody is there to ask, before anything is changed', async () => {
    const stage = await aDeployedStage()
    const start = stage.platform.requests.length
    const ran = await stage.run([...validate, '--yes', '--json', '--confirm', 'monitoring-3'])
    expect(failureOf(ran)).toMatchObject({ kind: 'usage', code: 'missing-answer', exitCode: 64 })
    const { hint } = failureOf(ran)
    for (const item of manual.slice(1)) expect(hint).toContain(`--confirm ${item}`)
    expect(hint).not.toContain('monitoring-3')
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it.each<[string, string[], number, string, string]>([
    [
      'an environment that validates no other',
      ['monitoring', '-e', 'production', '--yes'],
      64,
      'invalid-option',
      'production validates no other',
    ],
    [
      'a flag that is not there, with the nearest',
      ['monitorin', '-e', 'staging'],
      64,
      'unknown-flag',
      "the nearest is 'monitoring'",
    ],
    ['a flag whose service is pending', ['mcp_ai_tools', '-e', 'staging'], 5, 'requirement-missing', 'Step 7'],
    [
      'to confirm what a check proves',
      ['monitoring', '-e', 'staging', '--confirm', 'railway-1'],
      64,
      'invalid-option',
      'railway-1 is proven by a check',
    ],
    [
      'to confirm what is not there',
      ['monitoring', '-e', 'staging', '--confirm', 'railway-99'],
      64,
      'invalid-option',
      'no item railway-99',
    ],
    ['to guess the environment', ['monitoring'], 64, 'missing-environment', 'none was named'],
  ])('%s', async (_, argv, exitCode, code, words) => {
    const stage = await aStoredStage()
    const start = stage.platform.requests.length
    const ran = await stage.run(['flags', 'validate', ...argv, '--json'])
    expect(failureOf(ran)).toMatchObject({ exitCode, code, message: expect.stringContaining(words) })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('where nothing runs', async () => {
    const stage = await aStoredStage()
    const ran = await stage.run(byOptions)
    expect(failureOf(ran)).toMatchObject({ code: 'nothing-active', exitCode: 1 })
    expect(evidenceOf(stage)).toEqual([])
  })

  it('where containers run with another value than is stored', async () => {
    const stage = await aDeployedStage()
    for (const service of codeServices) storeByHand(stage, service, variable, 'true')
    const ran = await stage.run(byOptions)
    expect(failureOf(ran)).toMatchObject({ code: 'flag-not-effective', exitCode: 1 })
    expect(evidenceOf(stage)).toEqual([])
  })
})

describe('no evidence is written', () => {
  it('where an item fails by its check: exit 1 with what is red, nobody is asked, and confirmed ones are kept', async () => {
    const stage = await aDeployedStage()
    condition(stage, { telescope: 'open' })
    const ran = await stage.run(byOptions)
    expect(failureOf(ran)).toMatchObject({
      code: 'validation-failed',
      exitCode: 1,
      message: expect.stringContaining('(monitoring-4)'),
      findings: [expect.objectContaining({ code: 'validation-item', subject: 'monitoring-4', severity: 'critical' })],
    })
    expect(evidenceOf(stage)).toEqual([])
    condition(stage, {})
    const again = await stage.run([...validate, '--yes', '--json'])
    expect(again.exitCode, again.stderr).toBe(0)
    expect(evidenceOf(stage)[0]?.items.find(({ id }) => id === 'railway-3')).toMatchObject({ by: 'nina' })
    expect(shared(stage, 'FAKTURINO_VALIDATION')).toBe('')
  })

  it('where somebody says no: exit 1, with the note; what was answered with yes is not asked again', async () => {
    const stage = await aDeployedStage()
    const ran = await stage.run(validate, atTerminal(['2', 'nothing shows', ...allYes.slice(2)]))
    expect(ran.exitCode).toBe(1)
    expect(plain(ran.stderr)).toContain('1 item of 14 is red (monitoring-3)')
    expect(evidenceOf(stage)).toEqual([])
    const again = await stage.run([...validate, '--by', 'ana'], { answers: yes })
    expect(again.exitCode, again.stderr).toBe(0)
    const by = Object.fromEntries(evidenceOf(stage)[0]?.items.map((item) => [item.id, item.by]) ?? [])
    expect(by).toMatchObject({ 'monitoring-3': 'ana', 'monitoring-5': 'nina', 'monitoring-1': 'check' })
  })

  it('where an item is left open: exit 6', async () => {
    const stage = await aDeployedStage()
    const ran = await stage.run(validate, atTerminal(['3', ...allYes.slice(2)]))
    expect(ran.exitCode).toBe(6)
    expect(plain(ran.stderr)).toContain('1 item of 14 is open (monitoring-3)')
    expect(evidenceOf(stage)).toEqual([])
  })

  it('where it is interrupted at a question: what was answered is kept for the next run', async () => {
    const stage = await aDeployedStage()
    let interrupt = () => {}
    const ran = stage.run(validate, {
      ...atTerminal([...yes, ...yes]),
      onStart: (act) => (interrupt = () => act('SIGINT')),
    })
    await expect.poll(() => judgedInJournal(stage)).toContain('monitoring-5')
    // A person takes as long as a person takes: what limits other commands does not count meanwhile.
    stage.clock.advance(20 * 60_000)
    interrupt()
    const ended = await ran
    expect(ended.exitCode).toBe(130)
    expect(evidenceOf(stage)).toEqual([])
    const left = [...validate, '--yes', '--json', ...confirms.slice(4)]
    await succeeding(stage, left)
    expect(evidenceOf(stage)[0]?.items).toHaveLength(14)
  })

  it('where another revision came to run meanwhile: answers about the old one do not count', async () => {
    const commits = [
      { sha: firstCommit, message: 'First' },
      { sha: '2'.repeat(40), message: 'Second' },
    ]
    const stage = await aDeployedStage({
      repositories: [{ name: 'your-organisation/fakturino', branches: { main: commits } }],
    })
    await stage.run(validate, atTerminal(['3', ...allYes.slice(2)]))
    await succeeding(stage, ['deploy', '-e', 'staging', '--commit', firstCommit, '--yes'])
    const ran = await stage.run([...validate, '--yes', '--json'])
    expect(failureOf(ran)).toMatchObject({ code: 'missing-answer', exitCode: 64 })
    expect(failureOf(ran).message).toContain('7 items')
  })

  it.each<[string, (stage: Stage) => void]>([
    ['switched the flag', (stage) => storeByHand(stage, 'worker', variable, 'false')],
    ['deployed', (stage) => deployOther(stage)],
  ])(
    'where somebody %s while it was gone through: exit 5, nothing is said of what was not looked at',
    async (_, act) => {
      const stage = await aDeployedStage()
      await succeeding(stage, byOptions)
      writeShared(stage, 'FAKTURINO_EVIDENCE', '')
      let looks = 0
      stage.platform.onRequest(({ operationName }) => {
        if (operationName === 'ReadSnapshots') looks = 1
        // The first one after that is what was looked at, and the second comes before the evidence.
        else if (operationName === 'ObserveEnvironment' && looks > 0 && ++looks === 3) act(stage)
        return undefined
      })
      const ran = await stage.run(byOptions)
      expect(failureOf(ran)).toMatchObject({ code: 'moved', exitCode: 5 })
      expect(looks).toBe(3)
      expect(evidenceOf(stage)).toEqual([])
    },
  )

  it('where its deployment fails: the way back is told', async () => {
    const stage = await aDeployedStage()
    const forget = failingWorker(stage)
    const ran = await stage.run(byOptions)
    forget()
    expect(failureOf(ran)).toMatchObject({
      exitCode: 1,
      code: 'deployment-failed',
      hint: expect.stringContaining('fakturino flags off monitoring -e staging'),
    })
    expect(evidenceOf(stage)).toEqual([])
  })
})

function storeByHand({ platform: { world } }: Stage, service: string, name: string, value: string): void {
  const { id } = world.environmentNamed('staging')
  world.setVariable(id, world.serviceNamed(service).id, name, value, { skipDeploys: true })
}

/** Another commit of the worker serves from now on. */
function deployOther({ platform: { world } }: Stage): void {
  const { id } = world.environmentNamed('staging')
  const worker = world.deployments(id, world.serviceNamed('worker').id).find(({ status }) => status === 'SUCCESS')
  if (worker?.origin.kind === 'commit')
    worker.origin = { ...worker.origin, commit: { ...worker.origin.commit, sha: '2'.repeat(40) } }
}

/** The newest deployment of the worker fails, whichever it is. */
function failingWorker(stage: Stage): () => void {
  const newest = () => {
    const { world } = stage.platform
    return world.deployments(world.environmentNamed('staging').id, idOf(stage, 'worker')).at(-1)
  }
  const before = newest()
  return stage.platform.onRequest(() => {
    const now = newest()
    if (now !== undefined && now.id !== before?.id && now.status !== 'FAILED')
      stage.platform.world.forceStatus(now.id, 'FAILED')
    return undefined
  })
}

/** Ids of items of which the journal says how they came out. */
function judgedInJournal(stage: Stage): string {
  return Object.entries(stage.files.all())
    .filter(([path]) => path.includes('journal'))
    .flatMap(([, text]) => text.split('\n').filter((line) => line.includes('item-judged')))
    .join('\n')
}

describe('an item of the checklist', () => {
  const ours = ['runs', 'alive', 'queues-consumed', 'scheduler-looks', 'one-revision', 'liveness']

  async function aStageWith(checks: readonly string[]): Promise<Stage> {
    const stage = await aDeployedStage()
    const items = checks.map((check) => `{ item: 'By ${check}', check: '${check}' },`).join('\n')
    const config = {
      "'The worker finishes jobs',": items,
      "sections: ['monitoring', 'railway'],": "sections: ['railway'],",
    }
    await stage.useConfig(await shippedConfig(config))
    return stage
  }

  it.each(ours)('may be proven by a check that the config does not name: %s', async (check) => {
    const stage = await aStageWith([check])
    const left = ['--confirm', 'railway-6', '--confirm', 'railway-7']
    const { documents } = await succeeding(stage, [...validate, '--yes', '--json', '--by', 'nina', ...left])
    expect(documents).toContainEqual(
      expect.objectContaining({
        type: 'item-judged',
        id: 'railway-3',
        text: `By ${check}`,
        outcome: 'green',
        by: 'check',
      }),
    )
  })

  it('is red where what proves it is, whichever service that is', async () => {
    const stage = await aStageWith(['alive'])
    const { world } = stage.platform
    const forget = stage.platform.onRequest(({ operationName }) => {
      // Once everything is deployed, and before it is looked at.
      const newest = world.deployments(world.environmentNamed('staging').id, idOf(stage, 'worker')).at(-1)
      if (operationName === 'ReadSnapshots' && newest !== undefined) world.forceStatus(newest.id, 'CRASHED')
      return undefined
    })
    const left = ['--confirm', 'railway-6', '--confirm', 'railway-7']
    const ran = await stage.run([...validate, '--yes', '--json', '--by', 'nina', ...left])
    forget()
    expect(failureOf(ran)).toMatchObject({ code: 'validation-failed', message: expect.stringContaining('railway-3') })
  })

  it('whose check nobody knows is a mistake of the config', async () => {
    const stage = await aStageWith(['alife'])
    const ran = await stage.run([...validate, '--json'])
    expect(failureOf(ran)).toMatchObject({ code: 'config-invalid', exitCode: 64 })
  })
})

it('keeps answers also where the evidence could not be written', async () => {
  const stage = await aDeployedStage()
  const forget = stage.platform.onRequest(({ operationName, variables }) =>
    operationName === 'WriteVariables' && /"FAKTURINO_EVIDENCE"/.test(JSON.stringify(variables))
      ? { kind: 'answer', status: 200, body: JSON.stringify({ errors: [{ message: 'Not Authorized' }], data: null }) }
      : undefined,
  )
  const ran = await stage.run(byOptions)
  expect(failureOf(ran)).toMatchObject({ kind: 'denied', exitCode: 4 })
  forget()
  await succeeding(stage, [...validate, '--yes', '--json'])
  expect(evidenceOf(stage)[0]?.items).toHaveLength(14)
})

describe('the key that evidence is signed with', () => {
  it('is made by init, one for all environments, and never replaced', async () => {
    const stage = await aStoredStage()
    const key = keyIn(stage)
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(keyIn(stage, 'production')).toBe(key)
    await succeeding(stage, ['init', '--yes'])
    expect([keyIn(stage), keyIn(stage, 'production')]).toEqual([key, key])
  })

  it.each(['staging', 'production'])('is copied by init to the environment that lacks it, here %s', async (lacking) => {
    const stage = await aStoredStage()
    const key = keyIn(stage)
    writeShared(stage, 'FAKTURINO_EVIDENCE_KEY', '', lacking)
    await succeeding(stage, ['init', '--yes'])
    expect([keyIn(stage), keyIn(stage, 'production')]).toEqual([key, key])
  })

  it('is not made by a dry run, nor where no environment validates another', async () => {
    const stage = await aStoredStage()
    for (const environment of ['staging', 'production']) writeShared(stage, 'FAKTURINO_EVIDENCE_KEY', '', environment)
    await succeeding(stage, ['init', '--yes', '--dry-run'])
    await stage.useConfig(await shippedConfig({ ", validates: 'production'": '' }))
    await succeeding(stage, ['init', '--yes'])
    expect(keyIn(stage)).toBe('')
  })

  it('is made by validate where neither environment has one', async () => {
    const stage = await aDeployedStage()
    for (const environment of ['staging', 'production']) writeShared(stage, 'FAKTURINO_EVIDENCE_KEY', '', environment)
    await succeeding(stage, byOptions)
    const key = keyIn(stage)
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(keyIn(stage, 'production')).toBe(key)
    expect(evidenceOf(stage)[0]).toHaveProperty('signature')
  })

  it('is used by a project token, which sees its own environment only; without one the evidence is said to be unsigned', async () => {
    const stage = await aDeployedStage()
    const env = { RAILWAY_TOKEN: stage.platform.address.tokens.project.staging ?? '' }
    const signed = await stage.run(byOptions, { env })
    expect(signed.documents.at(-1), signed.stderr).toMatchObject({ evidence: { signature: expect.any(String) } })
    for (const environment of ['staging', 'production']) writeShared(stage, 'FAKTURINO_EVIDENCE_KEY', '', environment)
    const ran = await stage.run([...validate, '--yes', '--no-input', '--by', 'nina', ...confirms], { env })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.stdout).toContain('It is unsigned, because staging holds no key')
    expect(keyIn(stage, 'production')).toBe('')
  })

  it('is in no output, no journal and no file, and neither is a password', async () => {
    const stage = await aDeployedStage()
    for (const environment of ['staging', 'production']) writeShared(stage, 'FAKTURINO_EVIDENCE_KEY', '', environment)
    const password = String(storedValue(stage, 'staging', 'postgres', 'POSTGRES_PASSWORD'))
    expect(password.length).toBeGreaterThan(20)
    const ran = [
      await stage.run([...byOptions, '--verbose', '--out', '/out/evidence.json']),
      await stage.run([...validate, '--yes', '--verbose', '--no-input', ...confirms]),
      await stage.run(['status', '-e', 'staging', '--json']),
      await stage.run(['plan', '-e', 'staging', '--verbose']),
    ]
    const told = [...ran.flatMap(({ stdout, stderr }) => [stdout, stderr]), JSON.stringify(stage.files.all())]
    const key = keyIn(stage)
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    for (const text of told) {
      expect(text).not.toContain(key)
      expect(text).not.toContain(password)
    }
  })
})

describe('the evidence', () => {
  it.each(['drop-before', 'drop-after'] as const)(
    'is kept where the answer to its writing is lost: %s',
    async (kind) => {
      const stage = await aDeployedStage()
      let dropped = 0
      stage.platform.onRequest(({ operationName, variables }) => {
        if (operationName !== 'WriteVariables' || !/"FAKTURINO_EVIDENCE"/.test(JSON.stringify(variables)))
          return undefined
        dropped += 1
        return dropped === 1 ? { kind } : undefined
      })
      await succeeding(stage, byOptions)
      expect(dropped).toBe(kind === 'drop-before' ? 2 : 1)
      expect(evidenceOf(stage).map(({ flag }) => flag)).toEqual(['monitoring'])
    },
  )

  it('of a colleague for another flag stays', async () => {
    const stage = await aDeployedStage()
    await succeeding(stage, byOptions)
    const [evidence] = evidenceOf(stage)
    writeShared(stage, 'FAKTURINO_EVIDENCE', JSON.stringify([{ ...evidence, flag: 'psd2_banking' }]))
    await succeeding(stage, byOptions)
    expect(evidenceOf(stage).map(({ flag }) => flag)).toEqual(['monitoring', 'psd2_banking'])
  })

  it('changes no plan, and a deploy leaves it', async () => {
    const stage = await aDeployedStage()
    await succeeding(stage, byOptions)
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(evidenceOf(stage)).toHaveLength(1)
  })
})

describe('flags validate, killed with SIGKILL', () => {
  it.each(moments)('at any request %s, is finished by the next one', { timeout: 120_000 }, async (moment) => {
    const stage = await aDeployedStage()
    for (let number = 1; ; number += 1) {
      const isKilled = await killedAt(stage, byOptions, number, moment)
      const ran = await stage.run(byOptions)
      const where = `${number} ${moment}: ${ran.stderr}${ran.stdout}`
      expect(ran.exitCode, where).toBe(0)
      expect(stored(stage), where).toEqual(['true', 'true', 'true'])
      expect(
        evidenceOf(stage).map(({ items }) => items.length),
        where,
      ).toEqual([14])
      expect(shared(stage, 'FAKTURINO_ROLLOUT'), where).toBe('')
      expect(notesOf(stage).lease, where).toBeUndefined()
      if (!isKilled) {
        expect(number).toBeGreaterThan(15)
        break
      }
      writeShared(stage, 'FAKTURINO_EVIDENCE', '')
      switchOffByHand(stage)
    }
  })
})

function switchOffByHand({ platform: { world }, clock }: Stage): void {
  const variables = { [variable]: { value: 'false' } }
  const services = Object.fromEntries(codeServices.map((name) => [world.serviceNamed(name).id, { variables }]))
  world.commit(world.environmentNamed('staging').id, { services }, { message: 'by hand' })
  clock.advance(60_000)
}
