import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { CommitBehaviour } from '../../../src/local/index.ts'
import { firstCommit, type Ran, type RunOptions, repository, type Stage } from '../../support/stage.ts'
import { aDeployedStage, commitsOf, deploymentCounts, failureOf } from './deployed-stage.ts'

// What a deploy comes to does not depend on where it is watched from. Only whether somebody can be asked does.

interface Surroundings {
  where: string
  options: RunOptions
  /** More words of the command. */
  argv?: string[]
  /** Is there a person to ask? This one says no. */
  canAsk: boolean
}

const person = { answers: ['n'] }
const surroundings: Surroundings[] = [
  { where: 'at a terminal', options: person, canAsk: true },
  // `yes | fakturino deploy` is no approval.
  { where: 'without a terminal', options: { stdin: 'y\ny\ny\n' }, canAsk: false },
  { where: 'with CI=true', options: { ...person, env: { CI: 'true' } }, canAsk: false },
  { where: 'with a closed stdin', options: { isStdinClosed: true }, canAsk: false },
  { where: 'as JSON', options: person, argv: ['--json'], canAsk: false },
  { where: 'quietly', options: person, argv: ['--quiet'], canAsk: true },
  { where: 'without colour', options: { ...person, env: { NO_COLOR: '1' } }, canAsk: true },
]

interface Case {
  what: string
  behaviour?: CommitBehaviour
  argv: string[]
  /** Of the failure; null where there is none. */
  code: string | null
  exitCode: number
}

const cases: Case[] = [
  { what: 'a good release', argv: ['--yes'], exitCode: 0, code: null },
  { what: 'a failing health check', behaviour: 'crash', argv: ['--yes'], exitCode: 1, code: 'deployment-failed' },
  { what: 'a failing build', behaviour: 'failing-build', argv: ['--yes'], exitCode: 1, code: 'deployment-failed' },
  {
    what: 'a crash after success',
    behaviour: 'crash-after-success',
    argv: ['--yes'],
    exitCode: 1,
    code: 'deployment-crashed',
  },
  { what: 'a refusal of a guard', argv: ['api', '--yes'], exitCode: 5, code: 'guard' },
  {
    what: 'a commit that nobody has',
    argv: ['--yes', '--commit', 'f'.repeat(40)],
    exitCode: 1,
    code: 'commit-not-found',
  },
]

const sha = '2222222222222222222222222222222222222222'

/** One deploy of the next commit, on a stage of its own, and what is there when it has ended. */
async function deployed({ argv, behaviour }: Pick<Case, 'argv' | 'behaviour'>, around: Surroundings) {
  const stage = await aDeployedStage()
  stage.platform.world.addCommit(repository, 'main', { sha, ...(behaviour === undefined ? {} : { behaviour }) })
  const start = stage.platform.requests.length
  const command = ['deploy', ...argv, '-e', 'staging', ...(argv.includes('--commit') ? [] : ['--commit', sha])]
  const ran = await stage.run([...command, ...(around.argv ?? [])], around.options)
  const asked = stage.platform.requests.slice(start).map(({ operationName = '' }) => operationName)
  return { ran, asked, world: worldOf(stage) }
}

function worldOf(stage: Stage) {
  return { commits: commitsOf(stage, 'staging'), deployments: deploymentCounts(stage, 'staging') }
}

/** What was printed to stderr, in one line without colour, signs and measured times. */
function words(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\d+(\.\d+)? (ms|s|min)\b/g, 'some time')
    .replaceAll(/\s+/g, ' ')
}

/** The same failure everywhere: its code where there is one to read, and its words. */
function expectFailure(ran: Ran, code: string, message: string): void {
  if (ran.documents.length > 0) expect(failureOf(ran)).toMatchObject({ code })
  else expect(words(ran.stderr)).toContain(words(message))
}

describe.each(cases)('$what', ({ exitCode, code, ...asked }) => {
  it(`ends with ${exitCode} everywhere, for the same reason, and leaves the same behind`, {
    timeout: 60_000,
  }, async () => {
    const seen = []
    for (const around of surroundings) seen.push({ ...around, ...(await deployed(asked, around)) })
    expect(seen.map(({ where, ran }) => [where, ran.exitCode])).toEqual(
      surroundings.map(({ where }) => [where, exitCode]),
    )
    const [first] = seen
    for (const { where, world } of seen) expect(world, where).toEqual(first?.world)
    const json = seen.find(({ ran }) => ran.documents.length > 0)?.ran
    if (code === null || json === undefined) return
    for (const { ran } of seen) expectFailure(ran, code, String(failureOf(json).message))
  })
})

describe('a good release', () => {
  it.each(surroundings)('is waited for $where: everything runs it when the command ends', async (around) => {
    const { ran, asked, world } = await deployed({ argv: ['--yes'] }, around)
    expect(asked).toContain('WatchDeployments')
    expect(world.commits).toEqual({ api: [sha], worker: [sha], scheduler: [sha] })
    if (ran.documents.length > 0) expect(ran.documents.at(-1)).toMatchObject({ type: 'answer', verdict: 'pass' })
    else expect(ran.stdout).toContain('api, worker and scheduler live')
  })

  it.each(surroundings)(
    'is not waited for with --detach $where, which says the command that follows',
    async (around) => {
      const { ran, asked, world } = await deployed({ argv: ['--yes', '--detach'] }, around)
      expect(ran.exitCode).toBe(0)
      expect(asked).not.toContain('WatchDeployments')
      expect(world.deployments).toMatchObject({ api: 2, worker: 1 })
      const next = ran.documents.at(-1)?.next
      const told = Array.isArray(next) ? next.join('\n') : stripVTControlCharacters(ran.stdout)
      expect(told).toContain('fakturino status -e staging')
      expect(told).toContain(`fakturino deploy -e staging --commit ${sha}`)
    },
  )
})

describe('a deploy that nobody approves', () => {
  it.each(surroundings)('changes nothing $where: exit 5 for a no, 64 where there is nobody to ask', async (around) => {
    const { ran, world } = await deployed({ argv: [] }, around)
    expect(ran.exitCode).toBe(around.canAsk ? 5 : 64)
    expectFailure(
      ran,
      'missing-answer',
      around.canAsk
        ? 'Declined: deploy to staging. Nothing was changed on the platform.'
        : 'This needs an answer, and there is nobody to ask: Deploy to staging?',
    )
    expect(world.commits).toEqual({ api: [firstCommit], worker: [firstCommit], scheduler: [firstCommit] })
  })
})
