import { describe, expect, it } from 'vitest'
import { OperatorError } from '../../../src/kit/errors.ts'
import { badReleasesIn } from '../../../src/plan/bad-releases.ts'
import { firstCommit, repository, type Stage } from '../../support/stage.ts'
import { killedAt, moments } from '../../support/sudden-death.ts'
import {
  aDeployedStage,
  codeServices,
  commitsOf,
  deploymentCounts,
  failureOf,
  isNote,
  mutationsSince,
  notesOf,
  plainly,
  shippedConfig,
  storedValue,
  succeeding,
} from './deployed-stage.ts'

const badCommit = '2222222222222222222222222222222222222222'
const everything = (commit: string) => ({ api: [commit], worker: [commit], scheduler: [commit] })
const back = ['rollback', 'services', '-e', 'staging', '--yes', '--json']
const flag = 'FEATURE_PARTNER_PORTAL'
const sentinel = 'sentinel-of-the-cache'

/** Staging on its second commit, which has another literal and a flag that somebody switched on. */
async function aReleasedStage(): Promise<Stage> {
  const stage = await aDeployedStage()
  stage.platform.world.addCommit(repository, 'main', { sha: badCommit, behaviour: 'healthy' })
  await stage.useConfig(await shippedConfig({ "CACHE_STORE: 'redis'": `CACHE_STORE: '${sentinel}'` }))
  setVariable(stage, 'api', flag, 'true')
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', badCommit])
  return stage
}

/** As the dashboard stores a variable, long ago. */
function setVariable({ platform }: Stage, service: string, name: string, value: string): void {
  const { config } = platform.world.environmentNamed('staging')
  const { id } = platform.world.serviceNamed(service)
  config.services = {
    ...config.services,
    [id]: {
      ...config.services?.[id],
      variables: { ...config.services?.[id]?.variables, [name]: { value } },
    },
  }
}

/** What the undisturbed command asks for, in order. */
async function requestsOf(argv: string[]): Promise<string[]> {
  const stage = await aReleasedStage()
  const start = stage.platform.requests.length
  await succeeding(stage, argv)
  return stage.platform.requests.slice(start).map(({ operationName = '' }) => operationName)
}

function marksOf({ platform }: Stage) {
  const { sharedVariables = {} } = platform.world.environmentNamed('staging').config
  return badReleasesIn(sharedVariables.FAKTURINO_BAD_RELEASES?.value ?? undefined)
}

function typed(command: unknown): string[] {
  const words = String(command).split(' ').slice(1)
  return words.filter((word, nth) => {
    const before = words[nth - 1] ?? ''
    return !['--local', '--state', '--config'].includes(word) && !['--state', '--config'].includes(before)
  })
}

describe('--mark-bad', () => {
  it('keeps who and why with the commit that is left, in no request more, and shows it', async () => {
    const stage = await aReleasedStage()
    const start = stage.platform.requests.length
    const { documents } = await succeeding(stage, [...back, '--mark-bad', '--reason', 'api answers 500'])
    expect(documents.at(-1)).toMatchObject({ marked: [badCommit] })
    expect(marksOf(stage)).toEqual([expect.objectContaining({ commit: badCommit, reason: 'api answers 500' })])
    const marked = stage.platform.requests.length - start
    const plain = await aReleasedStage()
    const plainStart = plain.platform.requests.length
    await succeeding(plain, back)
    expect(marked).toBe(plain.platform.requests.length - plainStart)
    const { stdout } = await succeeding(stage, ['history', '-e', 'staging'])
    expect(stdout).toContain('this commit is marked bad')
    expect(stdout).toContain('api answers 500')
    const status = await succeeding(stage, ['status', '-e', 'staging'])
    expect(status.stdout.replaceAll(/\s+/g, ' ')).toContain('only what is marked bad is kept of api')
    expect(status.stdout).not.toContain(`--to ${badCommit.slice(0, 8)}`)
  })

  it('is never gone back to by itself, where a later release is left in turn', async () => {
    const stage = await aReleasedStage()
    await succeeding(stage, [...back, '--mark-bad'])
    const third = '3'.repeat(40)
    stage.platform.world.addCommit(repository, 'main', { sha: third, behaviour: 'healthy' })
    await succeeding(stage, ['deploy', '-e', 'staging', '--yes', '--commit', third])
    await succeeding(stage, back)
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
  })

  it('makes a deploy of that commit a refusal that --allow passes, and which takes the mark away where it succeeds', async () => {
    const stage = await aReleasedStage()
    await succeeding(stage, [...back, '--mark-bad', '--reason', 'api answers 500'])
    const again = ['deploy', '-e', 'staging', '--yes', '--commit', badCommit, '--json']
    const start = stage.platform.requests.length
    const refused = await stage.run(again)
    expect(refused.exitCode).toBe(5)
    expect(failureOf(refused)).toMatchObject({
      code: 'guard',
      message: expect.stringContaining('marked bad when it was rolled back (api answers 500)'),
      hint: expect.stringContaining('--allow bad-release'),
    })
    expect(mutationsSince(stage, start)).toEqual([])
    const latest = await succeeding(stage, ['plan', '-e', 'staging', '--commit', 'latest', '--json'])
    expect(JSON.stringify(latest.documents[0]?.notes)).toContain('Marked bad here: 22222222')
    await succeeding(stage, [...again, '--allow', 'bad-release'])
    expect(commitsOf(stage, 'staging')).toEqual(everything(badCommit))
    expect(marksOf(stage)).toEqual([])
  })

  it('is undone by the printed undo, mark and all', async () => {
    const stage = await aReleasedStage()
    const { documents } = await succeeding(stage, [...back, '--mark-bad'])
    const undo = documents.at(-1)?.undo
    expect(undo).toMatchObject({ note: expect.stringContaining('Where it succeeds, the mark goes.') })
    const command = /fakturino rollback services[^"]*/.exec(JSON.stringify(undo))?.[0]
    const undone = await succeeding(stage, [...typed(command), '--yes', '--json'])
    expect(undone.documents.at(-1)).toMatchObject({ cleared: badCommit })
    expect(commitsOf(stage, 'staging')).toEqual(everything(badCommit))
    expect(marksOf(stage)).toEqual([])
  })

  it('marks what was left last where nothing has to go back', async () => {
    const stage = await aReleasedStage()
    await succeeding(stage, back)
    const counts = deploymentCounts(stage, 'staging')
    const marking = [...back, '--to', firstCommit, '--mark-bad']
    const { documents } = await succeeding(stage, marking)
    expect(documents).toContainEqual({
      type: 'approval-given',
      by: 'option',
      what: 'mark 22222222 bad in staging',
    })
    expect(marksOf(stage)).toMatchObject([{ commit: badCommit }])
    expect(deploymentCounts(stage, 'staging')).toEqual(counts)
  })

  it('is refused where nothing came later, and marks nothing in a dry run', async () => {
    const stage = await aReleasedStage()
    const ran = await stage.run([...back, '--to', badCommit, '--mark-bad'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({ message: expect.stringContaining('there is no release to mark bad') })
    await succeeding(stage, [...back.filter((word) => word !== '--yes'), '--mark-bad', '--dry-run'])
    expect(marksOf(stage)).toEqual([])
  })
})

describe('--pin-variables', () => {
  it('is what ends a flag that runs otherwise than it is stored, which plan shows until then', async () => {
    const stage = await aReleasedStage()
    await succeeding(stage, back)
    const notes = async () =>
      JSON.stringify((await succeeding(stage, ['plan', '-e', 'staging', '--json'])).documents[0]?.notes)
    expect(await notes()).toContain('flag-not-running')
    const counts = deploymentCounts(stage, 'staging')
    const { documents } = await succeeding(stage, [...back, '--to', firstCommit, '--pin-variables'])
    expect(documents.at(-1)).toMatchObject({
      pinning: {
        patchId: expect.any(String),
        services: expect.arrayContaining([
          { service: 'api', variables: ['CACHE_STORE', flag], inConfig: ['CACHE_STORE'], left: [] },
        ]),
      },
    })
    expect(storedValue(stage, 'staging', 'api', flag)).toBe('false')
    expect(deploymentCounts(stage, 'staging')).toEqual(counts)
    expect(await notes()).not.toContain('flag-not-running')
    const { stdout } = await succeeding(stage, ['status', '-e', 'staging'])
    expect(stdout).not.toContain('not running yet')
    await stage.useConfig(await shippedConfig({}))
    const plan = await succeeding(stage, ['plan', '-e', 'staging', '--json'])
    expect(plan.documents[0]).toMatchObject({ changes: [] })
    expect(JSON.stringify(plan.documents[0])).not.toContain('stored-change-not-running')
  })

  it('goes with the rollback in one patch, without a value in sight, and its undo stores the newer values again', async () => {
    const stage = await aReleasedStage()
    const start = stage.platform.requests.length
    const ran = await succeeding(stage, [...back, '--pin-variables'])
    expect(mutationsSince(stage, start).filter((name) => name === 'CommitStaged')).toHaveLength(1)
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
    const command = /fakturino rollback services[^"]*/.exec(JSON.stringify(ran.documents.at(-1)?.undo))?.[0]
    expect(command).toContain('--pin-variables')
    const undone = await succeeding(stage, [...typed(command), '--yes', '--json'])
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe(sentinel)
    expect(storedValue(stage, 'staging', 'api', flag)).toBe('true')
    for (const { stdout, stderr } of [ran, undone]) expect(`${stdout}${stderr}`).not.toContain(sentinel)
    for (const text of Object.values(stage.files.all())) expect(text).not.toContain(sentinel)
  })

  it('tells people what is stored as it runs, and what the config says otherwise', async () => {
    const stage = await aReleasedStage()
    const { stdout, stderr } = await succeeding(stage, [...back.filter((word) => word !== '--json'), '--pin-variables'])
    expect(stderr).toContain(`is stored as it then runs: CACHE_STORE and ${flag}`)
    expect(stdout).toContain(`api: stored as it runs: CACHE_STORE and ${flag}.`)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('the config says otherwise')
  })

  it('leaves references as they are, and what was added since', async () => {
    const stage = await aReleasedStage()
    setVariable(stage, 'api', 'CACHE_STORE', '${{redis.REDIS_URL}}')
    setVariable(stage, 'api', 'ADDED_SINCE', 'value')
    const { documents } = await succeeding(stage, [...back, '--pin-variables'])
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('${{redis.REDIS_URL}}')
    expect(storedValue(stage, 'staging', 'api', 'ADDED_SINCE')).toBe('value')
    const { pinning } = documents.at(-1) as { pinning: { services: { service: string }[] } }
    expect(pinning.services.find(({ service }) => service === 'api')).toMatchObject({
      variables: [flag],
      left: [
        { variable: 'ADDED_SINCE', because: 'added-since' },
        { variable: 'CACHE_STORE', because: 'reference' },
      ],
    })
  })

  it('is refused before anything is touched where variables of deployments may not be read', async () => {
    const stage = await aReleasedStage()
    const body = JSON.stringify({ errors: [{ message: 'Not Authorized' }], data: null })
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'ReadSnapshots' ? { kind: 'answer', status: 200, body } : undefined,
    )
    const start = stage.platform.requests.length
    const ran = await stage.run([...back, '--pin-variables'])
    expect(ran.exitCode).toBe(4)
    expect(failureOf(ran)).toMatchObject({ hint: expect.stringContaining('Leave --pin-variables out') })
    expect(mutationsSince(stage, start)).toEqual([])
  })

  it('is refused before anything is touched where somebody staged changes, unless those are allowed', async () => {
    const stage = await aReleasedStage()
    const { id } = stage.platform.world.serviceNamed('worker')
    const caller = plainly(stage, 'staging')
    await caller.read(
      'environmentStageChanges.id',
      'mutation($e: String!, $input: EnvironmentConfig!) { environmentStageChanges(environmentId: $e, input: $input) { id } }',
      { e: caller.environmentId, input: { services: { [id]: { variables: { STAGED: { value: 'theirs' } } } } } },
    )
    const start = stage.platform.requests.length
    const ran = await stage.run([...back, '--pin-variables'])
    expect(failureOf(ran)).toMatchObject({
      exitCode: 5,
      code: 'staged-changes',
      message: expect.stringContaining('Nothing was rolled back.'),
      hint: expect.stringContaining('Without --pin-variables'),
    })
    expect(mutationsSince(stage, start)).toEqual([])
    await succeeding(stage, [...back, '--pin-variables', '--allow', 'staged-changes'])
    expect(storedValue(stage, 'staging', 'worker', 'STAGED')).toBe('theirs')
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
  })

  it('says that the services are back where storing fails, and what pins them; the release counts as good', async () => {
    const stage = await aReleasedStage()
    const body = JSON.stringify({ errors: [{ message: 'Not Authorized' }], data: null })
    let isDenied = true
    stage.platform.onRequest(({ operationName }) =>
      isDenied && operationName === 'StageChanges' ? { kind: 'answer', status: 200, body } : undefined,
    )
    const ran = await stage.run([...back, '--pin-variables'])
    expect(ran.exitCode).toBe(4)
    const { message, hint } = failureOf(ran)
    expect(message).toContain('staging serves 11111111 again, verified, but')
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(notesOf(stage).releases[0]).toMatchObject({ verdict: 'pass', commit: firstCommit })
    isDenied = false
    await succeeding(stage, [...typed(/`([^`]*)`/.exec(String(hint))?.[1]), '--yes'])
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
  })
})

const rollbacksOfOneStage = 5

describe('both at once', () => {
  it.each(moments)('are finished by the next run where one is killed %s', { timeout: 240_000 }, async (moment) => {
    const both = [...back, '--mark-bad', '--pin-variables']
    const requests = await requestsOf(both)
    expect(requests.length).toBeGreaterThan(15)
    let stage = await aReleasedStage()
    for (const [index, operation] of requests.entries()) {
      // What it reads grows with every rollback.
      if (index > 0 && index % rollbacksOfOneStage === 0) stage = await aReleasedStage()
      const where = `request ${index + 1}, ${operation}, killed ${moment}`
      expect(commitsOf(stage, 'staging'), where).toEqual(everything(badCommit))
      expect(marksOf(stage), where).toEqual([])
      expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE'), where).toBe(sentinel)
      const before = deploymentCounts(stage, 'staging')
      const start = stage.platform.requests.length
      expect(await killedAt(stage, both, index + 1, moment), where).toBe(true)
      expect(stage.platform.requests[start + index]?.operationName, where).toBe(operation)
      const ran = await stage.run(both)
      expect(ran.exitCode, `${where}: ${ran.stderr}${ran.stdout}`).toBeOneOf([0, 5])
      if (ran.exitCode === 5) expect(failureOf(ran), where).toMatchObject({ code: 'no-earlier-release' })
      expect(commitsOf(stage, 'staging'), where).toEqual(everything(firstCommit))
      expect(
        marksOf(stage).map(({ commit }) => commit),
        where,
      ).toEqual([badCommit])
      expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE'), where).toBe('redis')
      const after = deploymentCounts(stage, 'staging')
      for (const service of codeServices) expect(after[service], where).toBe((before[service] ?? 0) + 1)
      await succeeding(stage, [...back, '--to', badCommit, '--pin-variables'])
    }
  })

  it('work without a config, with lost answers and a disk that refuses, at most 12 requests before the first act', async () => {
    const stage = await aReleasedStage()
    await stage.useConfig('export default {')
    const lost = ['RollbackDeployment', 'StageChanges', 'CommitStaged', 'WriteVariables']
    const dropped = new Set<string>()
    stage.platform.onRequest(({ operationName = '' }) => {
      if (!lost.includes(operationName) || dropped.has(operationName)) return undefined
      dropped.add(operationName)
      return { kind: 'drop-after' }
    })
    const refuse = () =>
      Promise.reject(new OperatorError({ kind: 'unreachable', code: 'disk-refused', message: 'The disk is full.' }))
    const start = stage.platform.requests.length
    const ran = await stage.run([...back, '--mark-bad', '--pin-variables', '--project', 'fakturino-production'], {
      through: ({ clock, files }) => ({
        clock,
        files: { ...files, writeText: refuse, appendText: refuse, remove: refuse },
      }),
    })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(commitsOf(stage, 'staging')).toEqual(everything(firstCommit))
    expect(marksOf(stage)).toMatchObject([{ commit: badCommit }])
    expect(storedValue(stage, 'staging', 'api', 'CACHE_STORE')).toBe('redis')
    const sent = stage.platform.requests.slice(start)
    const first = sent.findIndex((request) => request.kind === 'mutation' && !isNote(request))
    expect(first).toBeLessThanOrEqual(12)
  })
})
