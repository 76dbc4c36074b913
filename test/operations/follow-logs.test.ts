import { describe, expect, it } from 'vitest'
import { OperatorError } from '../../src/kit/errors.ts'
import type { SocketMisfortune } from '../../src/local/index.ts'
import { logTime } from '../../src/logs/log-time.ts'
import { id } from '../../src/platform/ids.ts'
import { settled, until } from '../support/until.ts'
import { loggingServices, messagesOf, rowsOf } from './followed-logs.ts'

/** Two services, one of which prints what it is told to. */
async function twoServices() {
  const stage = await loggingServices(['api', 'worker'])
  const [api = '', worker = ''] = stage.services
  const since = logTime(stage.clock.now())
  const print = (service: string, ...messages: string[]) =>
    stage.local.world.write(
      stage.environmentId,
      service,
      messages.map((message) => ({ message })),
    )
  const upgrades = () => stage.local.socketMoments.filter(({ type }) => type === 'upgrade').length
  const reads = () => stage.local.requests.filter(({ operationName }) => operationName?.startsWith('Read')).length
  return { ...stage, api, worker, since, print, upgrades, reads }
}

const numbered = (amount: number, word = 'line') => Array.from({ length: amount }, (_, nth) => `${word} ${nth}`)

describe('history', () => {
  it('is the newest lines of all services in one order, and ends', async () => {
    const { clock, api, worker, print, follow } = await twoServices()
    print(api, 'one', 'two')
    clock.advance(1_000)
    print(worker, 'three')
    print(api, 'four')
    const read = follow({ isFollowed: false, lines: 3 })
    expect(await read.ended).toEqual({ ended: 'read', rows: 3, gaps: 0, early: 0 })
    expect(read.messages()).toEqual(['two', 'three', 'four'])
  })

  it('reaches from one moment to another', async () => {
    const { clock, api, since, print, follow } = await twoServices()
    print(api, 'first')
    clock.advance(5_000)
    print(api, 'second')
    clock.advance(5_000)
    print(api, 'third')
    const at = (ms: number) => logTime(Date.parse(since) + ms)
    const read = async (request: object) => {
      const reading = follow({ isFollowed: false, ...request })
      await reading.ended
      return reading.messages()
    }
    expect(await read({ since: at(1) })).toEqual(['second', 'third'])
    expect(await read({ since, until: at(9_000) })).toEqual(['first', 'second'])
    expect(await read({ since, until: at(9_000), lines: 1 })).toEqual(['second'])
    expect(await read({ since, filter: 'i' })).toEqual(['first', 'third'])
    expect(await read({ since, lines: 0 })).toEqual([])
  })

  it('of more lines than one answer holds is read page by page, and each line once', async () => {
    const { local, environmentId, api, since, reads, follow } = await twoServices()
    // Every moment has three lines, so that pages part some of them.
    const lines = numbered(12_000).map((message, nth) => ({ message, nanoseconds: Math.floor(nth / 3) }))
    local.world.write(environmentId, api, lines)
    const before = reads()
    const read = follow({ isFollowed: false, since })
    await read.ended
    expect(read.messages()).toEqual(numbered(12_000))
    expect(reads() - before).toBe(3)
  })

  it('of so many lines asks for no more pages than hold them', async () => {
    const { api, print, reads, follow } = await twoServices()
    print(api, ...numbered(12_000))
    const before = reads()
    const read = follow({ isFollowed: false, lines: 7_000 })
    await read.ended
    expect(read.messages()).toEqual(numbered(12_000).slice(-7_000))
    expect(reads() - before).toBe(2)
  })

  it('with more lines of one moment than an answer holds says what is missing, and goes on before it', async () => {
    const { clock, local, environmentId, api, since, print, follow } = await twoServices()
    print(api, 'before')
    clock.advance(1_000)
    local.world.write(
      environmentId,
      api,
      numbered(11_000).map((message) => ({ message, nanoseconds: 7 })),
    )
    const read = follow({ isFollowed: false, since })
    expect(await read.ended).toEqual({ ended: 'read', rows: 5_002, gaps: 1, early: 0 })
    const moment = logTime(clock.now()).replace('000Z', '007Z')
    expect(read.items[1]).toMatchObject({
      kind: 'gap',
      gap: { from: moment, until: moment, because: 'more than 5000 lines of this moment' },
    })
    expect(read.messages()[0]).toBe('before')
  })

  it('of so many lines says what is missing among them, and not what is missing before them', async () => {
    const { clock, local, environmentId, api, print, follow } = await twoServices()
    local.world.write(
      environmentId,
      api,
      numbered(11_000).map((message) => ({ message, nanoseconds: 7 })),
    )
    clock.advance(1_000)
    print(api, ...numbered(100, 'after'))
    const read = async (lines: number) => {
      const reading = follow({ isFollowed: false, lines })
      return [await reading.ended, reading.items[0]?.kind]
    }
    expect(await read(5_100)).toMatchObject([{ rows: 5_100, gaps: 0 }, 'row'])
    expect(await read(5_103)).toMatchObject([{ rows: 5_103, gaps: 1 }, 'row'])
    expect(await read(50)).toMatchObject([{ rows: 50, gaps: 0 }, 'row'])
  })

  it('that cannot be read fails as any reading does', async () => {
    const { local, follow } = await twoServices()
    local.onRequest(() => ({
      kind: 'answer',
      status: 200,
      body: '{"data":null,"errors":[{"message":"Not Authorized"}]}',
    }))
    await expect(follow({ isFollowed: false, lines: 1 }).ended).rejects.toMatchObject({ code: 'not-authorized' })
  })

  it('that can be read only in part says from where on', async () => {
    const { local, api, since, print, follow } = await twoServices()
    print(api, ...numbered(6_000))
    let asked = 0
    local.onRequest(({ operationName }) =>
      operationName === 'ReadEnvironmentLog' && ++asked > 1
        ? { kind: 'answer', status: 200, body: '{"data":null,"errors":[{"message":"Not Authorized"}]}' }
        : undefined,
    )
    const read = follow({ isFollowed: false, since })
    expect(await read.ended).toMatchObject({ rows: 5_001, gaps: 1 })
    expect(read.items[0]).toMatchObject({ kind: 'gap', gap: { from: since, until: rowsOf(read.items)[0]?.time } })
    expect(read.messages()[0]).toMatch(/^gap: The platform refused "read environment log"/)
  })
})

describe('following', () => {
  it('goes on where history ends, and loses nothing that is printed between both', async () => {
    const { local, api, worker, print, follow } = await twoServices()
    print(api, 'history')
    local.onSocket(({ type }) => {
      if (type === 'upgrade') print(worker, 'between')
      return undefined
    })
    const followed = follow({ lines: 1 })
    await until(() => followed.has('connected'))
    print(api, 'now')
    await until(() => followed.items.length === 3)
    expect(followed.messages()).toEqual(['history', 'between', 'now'])
    expect(followed.states.map(({ kind }) => kind)).toEqual(['connected'])
  })

  it('brings no older lines than were asked for', async () => {
    const { api, print, follow } = await twoServices()
    print(api, ...numbered(20))
    const [two, none] = [follow({ lines: 2 }), follow({ lines: 0 })]
    await until(() => two.has('connected') && none.has('connected'))
    print(api, 'now')
    await until(() => two.items.length > 2 && none.items.length > 0)
    expect(two.messages()).toEqual(['line 18', 'line 19', 'now'])
    expect(none.messages()).toEqual(['now'])
  })

  it('gives a lone line within two seconds', async () => {
    const { clock, api, print, follow } = await twoServices()
    const followed = follow({ lines: 0 })
    await until(() => followed.has('connected'))
    await settled()
    const printedAt = clock.now()
    print(api, 'alone')
    await until(() => followed.items.length > 0)
    expect((followed.items[0]?.toldAt ?? 0) - printedAt).toBeLessThanOrEqual(2_000 + 250)
  })

  it('gives what waits when it is stopped, and leaves no socket', async () => {
    const { api, print, follow } = await twoServices()
    const followed = follow({ lines: 0 })
    await until(() => followed.has('connected'))
    await settled()
    print(api, 'last words')
    // Less than a fake clock needs to let two seconds pass.
    await settled(8)
    followed.stop()
    expect(await followed.ended).toEqual({ ended: 'stopped', rows: 1, gaps: 0, early: 0 })
    expect(followed.messages()).toEqual(['last words'])
  })

  it('stopped before it began tells nothing', async () => {
    const { follow } = await twoServices()
    const followed = follow({ lines: 10 })
    followed.stop()
    expect(await followed.ended).toMatchObject({ ended: 'stopped' })
  })

  it('of several deployments comes in one order, goes on when one of them is over, and ends with the last', async () => {
    const { clock, local, deployments, api, worker, print, follow } = await twoServices()
    const sources = deployments.map((deploymentId) => ({ kind: 'deploy', deploymentId }) as const)
    const followed = follow({ sources, lines: 0 })
    await until(() => followed.has('connected', 2))
    await settled()
    print(api, 'a')
    clock.advance(10)
    print(worker, 'b')
    clock.advance(10)
    print(api, 'c')
    await settled()
    const [first = '', second = ''] = deployments
    local.world.forceStatus(first, 'REMOVED')
    await until(() => followed.has('over'))
    print(worker, 'd')
    await until(() => followed.messages().includes('d'))
    local.world.forceStatus(second, 'REMOVED')
    expect(await followed.ended).toMatchObject({ ended: 'over' })
    expect(followed.messages().filter((message) => message.length === 1)).toEqual(['a', 'b', 'c', 'd'])
    expect(followed.states.slice(2)).toMatchObject([
      { kind: 'over', source: { deploymentId: first } },
      { kind: 'over' },
    ])
  })

  it('of requests that the edge answered for two deployments comes in one order, cut or not', async () => {
    const { caller, clock, local, api, worker, deployments, follow } = await twoServices()
    const hosts = [await caller.makeDomain(api), await caller.makeDomain(worker)]
    const sources = deployments.map((deploymentId) => ({ kind: 'http', deploymentId }) as const)
    const followed = follow({ sources, lines: 0 })
    await until(() => followed.has('connected', 2))
    let nth = 0
    local.onSocket(({ type }) => (type === 'next' && ++nth === 2 ? { kind: 'cut' } : undefined))
    for (const path of ['/a', '/b', '/c', '/d']) {
      for (const host of hosts) {
        await caller.edge(host, path)
        clock.advance(10)
      }
    }
    await until(() => followed.items.length === 8)
    expect(rowsOf(followed.items).map(({ request }) => request?.path)).toEqual(
      ['/a', '/b', '/c', '/d'].flatMap((path) => [path, path]),
    )
  })

  it('of a build brings it from its first line, and nothing that ran', async () => {
    const { caller, clock, api, follow } = await twoServices()
    const deploymentId = id<'deployment'>(await caller.deploy(api))
    const followed = follow({ sources: [{ kind: 'build', deploymentId }] })
    await until(() => followed.has('connected'))
    clock.advance(10_000)
    await until(() => followed.items.length > 2)
    await settled(400)
    const read = follow({ sources: [{ kind: 'build', deploymentId }], isFollowed: false })
    await read.ended
    expect(followed.messages()).toEqual(read.messages())
  })

  it('gives secrets that are known to nobody', async () => {
    const { client, api, print, follow } = await twoServices()
    client.learn(['sentinel-of-a-variable'])
    const followed = follow({ lines: 0 })
    await until(() => followed.has('connected'))
    print(api, 'connecting with sentinel-of-a-variable')
    await until(() => followed.items.length > 0)
    expect(JSON.stringify(followed.items)).not.toContain('sentinel-of-a-variable')
  })

  it('fails with what failed while it was told', async () => {
    const stage = await twoServices()
    const followed = stage.follow({ lines: 0 })
    followed.items.push = () => {
      throw new Error('the screen is gone')
    }
    await until(() => followed.has('connected'))
    stage.print(stage.api, 'unseen')
    await expect(followed.ended).rejects.toThrow('the screen is gone')
  })
})

describe('a stream that is lost', () => {
  it.each<[string, SocketMisfortune, string]>([
    ['cut', { kind: 'cut' }, 'it was cut'],
    ['silent', { kind: 'silence' }, 'it fell silent'],
    ['broken by what is no message', { kind: 'message', text: '<html>' }, 'the connection failed'],
    [
      'broken by an error',
      {
        kind: 'message',
        text: '{"id":"1","type":"next","payload":{"errors":[{"message":"Problem processing request"}]}}',
      },
      'the platform says: Problem processing request',
    ],
    [
      'broken by rows of no shape',
      { kind: 'message', text: '{"id":"1","type":"next","payload":{"data":{"lines":[null]}}}' },
      'it sent what makes no sense',
    ],
  ])('because it is %s is made again by itself, and that is told', async (_, trouble, why) => {
    const { local, api, print, follow } = await twoServices()
    const followed = follow({ lines: 0 })
    await until(() => followed.has('connected'))
    const heal = local.onSocket(({ type }) => (type === 'next' ? trouble : undefined))
    print(api, 'missed')
    await until(() => followed.has('lost'))
    heal()
    await until(() => followed.items.length > 0)
    expect(followed.messages()).toEqual(['missed'])
    expect(followed.states).toMatchObject([
      { kind: 'connected', isAgain: false },
      { kind: 'lost', why },
      { kind: 'connected', isAgain: true },
    ])
  })

  it('while more was printed than one answer holds reads the rest back, and puts it in order', async () => {
    const { local, api, print, upgrades, reads, follow } = await twoServices()
    const followed = follow({ lines: 0 })
    await until(() => followed.has('connected'))
    print(api, 'before')
    await until(() => followed.items.length === 1)
    let isCut = false
    local.onSocket(({ type }) => {
      if (type === 'next' && !isCut) {
        isCut = true
        return { kind: 'cut' }
      }
      return undefined
    })
    const before = reads()
    print(api, ...numbered(13_000))
    await until(() => followed.items.length > 13_000)
    expect(followed.messages()).toEqual(['before', ...numbered(13_000)])
    expect(upgrades()).toBe(2)
    expect(reads() - before).toBe(2)
  })

  it('says what is missing where the rest cannot be read back, and goes on', async () => {
    const { local, api, print, follow } = await twoServices()
    const followed = follow({ lines: 0 })
    await until(() => followed.has('connected'))
    print(api, 'before')
    await until(() => followed.items.length === 1)
    local.onRequest(({ operationName }) =>
      operationName === 'ReadEnvironmentLog'
        ? { kind: 'answer', status: 200, body: '{"data":null,"errors":[{"message":"Not Authorized"}]}' }
        : undefined,
    )
    let isCut = false
    local.onSocket(({ type }) => {
      if (type === 'next' && !isCut) {
        isCut = true
        return { kind: 'cut' }
      }
      return undefined
    })
    print(api, ...numbered(6_000))
    await until(() => followed.items.length > 5_000)
    print(api, 'after')
    await until(() => followed.messages().includes('after'))
    const rows = rowsOf(followed.items)
    expect(followed.items.filter(({ kind }) => kind === 'gap')).toMatchObject([
      { gap: { from: rows[0]?.time, until: rows[1]?.time, because: expect.stringMatching(/^The platform refused/) } },
    ])
    expect(messagesOf(followed.items).slice(2)).toEqual([...numbered(6_000).slice(-5_000), 'after'])
  })
})

describe('where no stream can be had', () => {
  it('the platform is asked again and again instead, and that is said once', async () => {
    const { local, api, print, follow } = await twoServices()
    local.onSocket(({ type }) => (type === 'upgrade' ? { kind: 'refuse', status: 403 } : undefined))
    const followed = follow({ lines: 0 })
    await until(() => followed.has('asking'))
    for (const message of ['one', 'two', 'three']) {
      print(api, message)
      await until(() => followed.messages().includes(message))
      await settled(400)
    }
    expect(followed.messages()).toEqual(['one', 'two', 'three'])
    expect(followed.states).toMatchObject([{ kind: 'asking', why: 'it was answered with 403' }])
  })

  it('a stream is tried for again, and taken', async () => {
    const { local, api, print, follow } = await twoServices()
    const heal = local.onSocket(({ type }) => (type === 'upgrade' ? { kind: 'refuse', status: 403 } : undefined))
    const followed = follow({ lines: 0 })
    await until(() => followed.has('asking'))
    heal()
    await until(() => followed.has('connected'))
    print(api, 'streamed')
    await until(() => followed.items.length > 0)
    expect(followed.states.map(({ kind }) => kind)).toEqual(['asking', 'connected'])
    expect(followed.messages()).toEqual(['streamed'])
  })

  it('because none lasts, twelve are tried in a row before', async () => {
    const { local, api, print, upgrades, follow } = await twoServices()
    local.onSocket(({ type }) => (type === 'upgrade' ? { kind: 'refuse', status: 502 } : undefined))
    const followed = follow({ lines: 0 })
    await until(() => followed.has('asking'))
    expect(upgrades()).toBe(12)
    print(api, 'asked for')
    await until(() => followed.items.length > 0)
    expect(followed.messages()).toEqual(['asked for'])
  })

  it('and the platform does not answer for a while, that is told and it goes on', async () => {
    const { local, api, print, follow } = await twoServices()
    local.onSocket(({ type }) => (type === 'upgrade' ? { kind: 'refuse', status: 403 } : undefined))
    const followed = follow({ lines: 0 })
    await until(() => followed.has('asking'))
    const heal = local.onRequest(() => ({ kind: 'answer', status: 502, body: '<html>' }))
    await until(() => followed.has('unanswered'))
    print(api, 'meanwhile')
    heal()
    await until(() => followed.items.length > 0)
    expect(followed.messages()).toEqual(['meanwhile'])
    await until(() => followed.has('asking', 2))
    expect(followed.states.map(({ kind }) => kind)).toEqual(['asking', 'unanswered', 'asking'])
  })

  it('and asking is refused too, it fails with the reason', async () => {
    const { local, follow } = await twoServices()
    local.onSocket(({ type }) => (type === 'upgrade' ? { kind: 'refuse', status: 401 } : undefined))
    const followed = follow({ lines: 0 })
    await until(() => followed.has('asking'))
    local.onRequest(() => ({
      kind: 'answer',
      status: 200,
      body: '{"data":null,"errors":[{"message":"Not Authorized"}]}',
    }))
    const error: unknown = await followed.ended.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OperatorError)
    expect(error).toMatchObject({ kind: 'denied', code: 'not-authorized' })
  })
})
