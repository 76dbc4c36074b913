import { describe, expect, it } from 'vitest'
import type { CommitBehaviour, Misfortune, SocketMisfortune } from '../../../src/local/index.ts'
import { repository, type Stage } from '../../support/stage.ts'
import { deploymentsOf, running } from './deployed-stage.ts'
import { aDeployedService, newest } from './one-service.ts'

const commit = 'dddddddddddddddddddddddddddddddddddddddd'

type Trouble = Parameters<Stage['platform']['onSocket']>[0]

/** One deploy of a commit that behaves like this, its sockets disturbed: what it came to, what runs then, and what was told. */
async function deployed(behaviour: CommitBehaviour, trouble: (stage: Stage) => void = () => {}) {
  const stage = await aDeployedService()
  stage.platform.world.addCommit(repository, 'main', { sha: commit, behaviour })
  const [requests, moments] = [stage.platform.requests.length, stage.platform.socketMoments.length]
  trouble(stage)
  const ran = await stage.run(['deploy', '-e', 'staging', '--commit', commit, '--yes', '--json'])
  const { type, verdict, code, kind } = ran.documents.at(-1) ?? {}
  stage.clock.advance(60_000)
  return {
    outcome: {
      exitCode: ran.exitCode,
      answer: { type, verdict, code, kind },
      ours: newest(stage).status,
      running: running(stage, 'staging', 'api'),
      deployments: deploymentsOf(stage, 'staging', 'api').length,
      log: ran.documents.find((document) => document.type === 'log-read')?.lines,
    },
    types: ran.documents.map((document) => document.type),
    mutations: stage.platform.requests.slice(requests).filter((request) => request.kind === 'mutation').length,
    looks: stage.platform.requests.slice(requests).filter(({ operationName }) => operationName === 'WatchDeployments')
      .length,
    messages: stage.platform.socketMoments.length - moments,
  }
}

/** Does it at the nth moment since the deploy began, and at no other. */
const atMoment = (nth: number, trouble: SocketMisfortune) => (stage: Stage) => {
  let moment = 0
  stage.platform.onSocket(() => (moment++ === nth ? trouble : undefined))
}

const always = (hook: Trouble) => (stage: Stage) => void stage.platform.onSocket(hook)

const expected: Record<string, { exitCode: number; code?: string; ours: string }> = {
  healthy: { exitCode: 0, ours: 'SUCCESS' },
  'failing-build': { exitCode: 1, code: 'deployment-failed', ours: 'FAILED' },
  'failing-migration': { exitCode: 1, code: 'migration-failed', ours: 'FAILED' },
  'crash-after-success': { exitCode: 1, code: 'deployment-crashed', ours: 'CRASHED' },
}

describe.each(['healthy', 'failing-build', 'failing-migration', 'crash-after-success'] as const)(
  'the deploy of a commit that is %s',
  (behaviour) => {
    it('comes to the same whatever message its socket is cut at', async () => {
      const whole = await deployed(behaviour)
      const { exitCode, code, ours } = expected[behaviour] ?? {}
      expect(whole.outcome).toMatchObject({ exitCode, answer: { code }, ours })
      expect(whole.messages).toBeGreaterThan(5)
      for (let nth = 0; nth < whole.messages; nth++) {
        const cut = await deployed(behaviour, atMoment(nth, { kind: 'cut' }))
        expect(cut.outcome, `cut at ${nth}`).toEqual(whole.outcome)
        expect(cut.mutations, `cut at ${nth}`).toBe(whole.mutations)
      }
    }, 60_000)
  },
)

describe('the deploy of a good commit comes to the same', () => {
  it.each<[string, SocketMisfortune]>([
    ['falls silent', { kind: 'silence' }],
    ['sends garbage', { kind: 'message', text: '\u0000\u001b[2J<html>' }],
    ['takes its time', { kind: 'delay', ms: 7_000 }],
  ])(
    'whatever message its socket %s at',
    async (_, trouble) => {
      const whole = await deployed('healthy')
      for (let nth = 0; nth < whole.messages; nth++) {
        const run = await deployed('healthy', atMoment(nth, trouble))
        expect(run.outcome, `at ${nth}`).toEqual(whole.outcome)
        expect(run.mutations, `at ${nth}`).toBe(whole.mutations)
      }
    },
    60_000,
  )

  const item = (data: object) => JSON.stringify({ id: '1', type: 'next', payload: { data } })
  it.each<[string, Trouble]>([
    ['no socket is ever accepted', ({ type }) => (type === 'upgrade' ? { kind: 'refuse', status: 401 } : undefined)],
    ['every upgrade fails', ({ type }) => (type === 'upgrade' ? { kind: 'refuse', status: 502 } : undefined)],
    ['no upgrade is ever answered', ({ type }) => (type === 'upgrade' ? { kind: 'silence' } : undefined)],
    ['every socket is cut at its first message', ({ message }) => (message === 1 ? { kind: 'cut' } : undefined)],
    ['every socket is cut at its first event', ({ type }) => (type === 'next' ? { kind: 'cut' } : undefined)],
    [
      'every socket falls silent after its first event',
      ({ message }) => (message > 2 ? { kind: 'silence' } : undefined),
    ],
    [
      'every event is a lie',
      ({ type }) =>
        type === 'next' ? { kind: 'message', text: item({ deployment: { id: 'x', status: 'FAILED' } }) } : undefined,
    ],
    [
      'every event is an error',
      ({ type }) =>
        type === 'next'
          ? { kind: 'message', text: '{"id":"1","type":"next","payload":{"errors":[{"message":"Not Authorized"}]}}' }
          : undefined,
    ],
    [
      'every event ends the stream',
      ({ type }) => (type === 'next' ? { kind: 'message', text: '{"id":"1","type":"complete"}' } : undefined),
    ],
    ['everything is garbage', ({ message }) => (message > 0 ? { kind: 'message', text: '{}' } : undefined)],
  ])('where %s', async (_, hook) => {
    const whole = await deployed('healthy')
    const run = await deployed('healthy', always(hook))
    expect(run.outcome).toEqual(whole.outcome)
    expect(run.mutations).toBe(whole.mutations)
  })
})

it('word from the stream costs no more looks than looking without it', async () => {
  const without = await deployed(
    'healthy',
    always(({ type }) => (type === 'upgrade' ? { kind: 'refuse', status: 401 } : undefined)),
  )
  const streamed = await deployed('healthy')
  expect(streamed.outcome).toEqual(without.outcome)
  expect(streamed.looks).toBeLessThanOrEqual(without.looks)
})

describe('the log of a failed deploy', () => {
  it.each<[string, Misfortune]>([
    ['whose connection is lost', { kind: 'drop-before' }],
    ['whose answer is lost', { kind: 'drop-after' }],
    ['that is no GraphQL', { kind: 'answer', status: 502, body: '<html>' }],
    ['that is denied', { kind: 'answer', status: 200, body: '{"data":null,"errors":[{"message":"Not Authorized"}]}' }],
    ['that is asked for too often', { kind: 'answer', status: 429, headers: { 'Retry-After': '30' }, body: '{}' }],
    ['that never comes', { kind: 'hang' }],
  ])('%s changes nothing of the verdict, and that it could not be read is said', async (_, misfortune) => {
    const whole = await deployed('failing-build')
    expect(whole.types.slice(-3)).toEqual(['log-read', 'serving-read', 'failure'])
    const run = await deployed('failing-build', ({ platform, clock }) => {
      platform.onRequest(({ operationName }) => {
        if (operationName !== 'ReadBuildRows') return undefined
        if (misfortune.kind === 'hang') setImmediate(() => clock.advance(60_000))
        return misfortune
      })
    })
    expect(run.types.slice(-3)).toEqual(['log-not-read', 'serving-read', 'failure'])
    expect({ ...run.outcome, log: whole.outcome.log }).toEqual(whole.outcome)
  })
})
