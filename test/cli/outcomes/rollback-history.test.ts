import { describe, expect, it } from 'vitest'
import { noteVariables } from '../../../src/plan/operation-notes.ts'
import { firstCommit, repository, type Stage } from '../../support/stage.ts'
import {
  aDeployedStage,
  codeServices,
  commitsOf,
  deploymentsOf,
  failureOf,
  idOf,
  isNote,
  plainly,
  succeeding,
} from './deployed-stage.ts'

const second = '2222222222222222222222222222222222222222'
const third = '3333333333333333333333333333333333333333'
const fourth = '4444444444444444444444444444444444444444'
const everything = (commit: string) => ({ api: [commit], worker: [commit], scheduler: [commit] })
const deploying = (commit: string) => ['deploy', '-e', 'staging', '--yes', '--commit', commit, '--json']
const hour = 60 * 60 * 1000

/** Staging on its second commit, both deployed well, and two more in the branch. */
async function aStageWithAPast(): Promise<Stage> {
  const stage = await aDeployedStage()
  for (const sha of [second, third, fourth]) stage.platform.world.addCommit(repository, 'main', { sha })
  await succeeding(stage, deploying(second))
  return stage
}

/** As if nobody had ever left a note here. */
function forgetNotes({ platform }: Stage): void {
  const { sharedVariables = {} } = platform.world.environmentNamed('staging').config
  for (const name of Object.values(noteVariables)) delete sharedVariables[name]
}

/** Gives the newest deployment of a service at a commit a status, as soon as somebody looks at it on its way. */
function becoming(stage: Stage, commit: string, act: (id: string) => void): void {
  let isDone = false
  stage.platform.onRequest(({ operationName }) => {
    const found = deploymentsOf(stage, 'staging', 'api').findLast(
      ({ origin }) => origin.kind === 'commit' && origin.commit.sha === commit,
    )
    if (isDone || operationName !== 'WatchDeployments' || found === undefined) return undefined
    isDone = true
    act(found.id)
    return undefined
  })
}

function planned(documents: Record<string, unknown>[]): unknown {
  return documents.find(({ type }) => type === 'rollback-planned')?.commit
}

/** What goes wrong with the third commit, how that deploy ends, and the commit that is good after it. */
const misfortunes: [string, (stage: Stage) => Promise<void>, string][] = [
  [
    'a deploy that crashes after it was live everywhere',
    async (stage) => {
      await succeeding(stage, deploying(third))
      const api = deploymentsOf(stage, 'staging', 'api').at(-1)
      stage.platform.world.forceStatus(api?.id ?? '', 'CRASHED')
    },
    second,
  ],
  [
    'a deploy whose api crashes before the others are begun',
    async (stage) => {
      const ran = await stage.run(deploying(await ofBehaviour(stage, 'crash-after-success')))
      expect(failureOf(ran)).toMatchObject({ exitCode: 1, code: 'deployment-crashed' })
    },
    second,
  ],
  [
    "a deploy that somebody else's superseded",
    async (stage) => {
      becoming(stage, third, () => void plainly(stage, 'staging').deploy(idOf(stage, 'api'), fourth))
      const ran = await stage.run(deploying(third))
      expect(failureOf(ran)).toMatchObject({ exitCode: 6, code: 'deployment-superseded' })
      stage.clock.advance(60_000)
      expect(commitsOf(stage, 'staging').api).toEqual([fourth])
    },
    second,
  ],
  [
    'a deploy that waits for an approval',
    async (stage) => {
      becoming(stage, third, (id) => stage.platform.world.forceStatus(id, 'NEEDS_APPROVAL'))
      const ran = await stage.run(deploying(third))
      expect(failureOf(ran)).toMatchObject({ exitCode: 6, code: 'deployment-held' })
    },
    firstCommit,
  ],
  [
    'a deploy that the platform skips',
    async (stage) => {
      becoming(stage, third, (id) => stage.platform.world.forceStatus(id, 'SKIPPED'))
      const ran = await stage.run(deploying(third))
      expect(failureOf(ran)).toMatchObject({ exitCode: 1, code: 'deployment-failed' })
    },
    firstCommit,
  ],
]

async function ofBehaviour({ platform }: Stage, behaviour: 'crash-after-success'): Promise<string> {
  return platform.world.addCommit(repository, 'main', { behaviour }).sha
}

describe.each([
  ['with our notes', (): void => undefined],
  ['without any notes', forgetNotes],
])('after what went wrong, %s,', (_, forget) => {
  it.each(misfortunes)('%s, the last known good is the right one, and is gone back to', async (__, act, good) => {
    const stage = await aStageWithAPast()
    await act(stage)
    forget(stage)
    const looked = await succeeding(stage, ['rollback', 'services', '-e', 'staging', '--dry-run', '--json'])
    expect(planned(looked.documents)).toBe(good)
    await succeeding(stage, ['rollback', 'services', '-e', 'staging', '--yes'])
    expect(commitsOf(stage, 'staging')).toEqual(everything(good))
  })

  it('of what the platform keeps no image any more, the steps tell what was live, in one request', async () => {
    const stage = await aStageWithAPast()
    const caller = plainly(stage, 'staging')
    // The third commit is superseded everywhere before it is live.
    for (const commit of [third, fourth])
      for (const service of codeServices) await caller.deploy(idOf(stage, service), commit)
    stage.clock.advance(60_000)
    expect(commitsOf(stage, 'staging')).toEqual(everything(fourth))
    for (const service of codeServices) {
      for (const old of deploymentsOf(stage, 'staging', service)) {
        if (old.removedAt !== undefined) old.removedAt -= 121 * hour
      }
    }
    forget(stage)
    const start = stage.platform.requests.length
    const ran = await stage.run(['rollback', 'services', '-e', 'staging', '--yes', '--json'])
    expect(planned(ran.documents)).toBe(second)
    expect(failureOf(ran)).toMatchObject({
      code: 'image-gone',
      hint: expect.stringContaining(`fakturino deploy -e staging --commit ${second}`),
    })
    const sent = stage.platform.requests.slice(start)
    expect(sent.filter(({ operationName }) => operationName === 'WatchDeployments').length).toBeLessThanOrEqual(1)
    expect(sent.filter((request) => request.kind === 'mutation' && !isNote(request))).toEqual([])
  })
})

describe('a rollback that asks for steps', () => {
  /** Nothing is sure: the images are gone, and so are the notes. */
  async function anUnsureStage(): Promise<Stage> {
    const stage = await aStageWithAPast()
    for (const service of codeServices) {
      for (const old of deploymentsOf(stage, 'staging', service)) {
        if (old.removedAt !== undefined) old.removedAt -= 121 * hour
      }
    }
    forgetNotes(stage)
    return stage
  }

  it('goes on without them where they cannot be had', async () => {
    const stage = await anUnsureStage()
    stage.platform.onRequest(({ operationName }) =>
      operationName === 'WatchDeployments'
        ? { kind: 'answer', status: 400, body: '{"errors":[{"message":"No"}]}' }
        : undefined,
    )
    const ran = await stage.run(['rollback', 'services', '-e', 'staging', '--yes', '--json'])
    expect(planned(ran.documents)).toBe(firstCommit)
    expect(failureOf(ran)).toMatchObject({ code: 'image-gone' })
  })

  it('asks for none where somebody says where to go', async () => {
    const stage = await anUnsureStage()
    const start = stage.platform.requests.length
    await stage.run(['rollback', 'services', '--to', firstCommit, '-e', 'staging', '--yes', '--json'])
    const sent = stage.platform.requests.slice(start).map(({ operationName }) => operationName)
    expect(sent).not.toContain('WatchDeployments')
  })
})
