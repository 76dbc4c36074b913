import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { aStage, type RunOptions } from '../../support/stage.ts'
import { aStoredStage } from './deployed-stage.ts'

/** A watch that is interrupted after so long. */
async function watched(argv: string[], afterMs: number, options: RunOptions = {}) {
  const stage = await aStoredStage()
  const start = stage.platform.requests.length
  const ran = await stage.run(['status', '-e', 'staging', ...argv], {
    ...options,
    onStart: (interrupt) => stage.clock.after(afterMs, () => interrupt('SIGINT')),
  })
  return { ...ran, requests: stage.platform.requests.length - start }
}

describe('status --watch', () => {
  it('looks again and again until Ctrl-C, one request a look, and then ends quietly', async () => {
    const { exitCode, stderr, stdout, requests } = await watched(['--watch', '10s'], 25_000)
    expect([exitCode, stderr, requests]).toEqual([130, '', 3])
    expect(stdout.match(/^Project /gm)).toHaveLength(3)
    expect(stdout.match(/^Looked at 09:\d\d UTC; again every 10 s, until Ctrl-C\.$/gm)).toHaveLength(3)
    expect(stdout).not.toContain('\u001b')
  })

  it('prints one document a line as JSON', async () => {
    const { documents, stderr } = await watched(['--watch', '10s', '--json'], 25_000)
    expect(documents.map(({ type, format }) => [type, format])).toEqual([
      ['status', 1],
      ['status', undefined],
      ['status', undefined],
    ])
    expect(stderr).toBe('')
  })

  it('on a terminal, a look takes the place of the one before', async () => {
    const { stdout } = await watched(['--watch', '10s'], 15_000, { isTerminal: true })
    expect(stdout.split('\u001b[H\u001b[2J')).toHaveLength(3)
  })

  it('without an interval looks as often as a deploy does', async () => {
    expect((await watched(['--watch'], 3_500)).requests).toBe(4)
  })

  it('ends quietly, as done, once nobody reads any more', async () => {
    const stage = await aStoredStage()
    let written = ''
    const pipe = Object.assign(new EventEmitter(), {
      write(text: string) {
        written += text
        pipe.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const start = stage.platform.requests.length
    // Where it does not end by itself, Ctrl-C ends it, and the code tells.
    const ran = await stage.run(['status', '-e', 'staging', '--watch', '10s'], {
      stdout: pipe,
      onStart: (interrupt) => stage.clock.after(100_000, () => interrupt('SIGINT')),
    })
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
    expect(written).toMatch(/^Project /)
    expect(stage.platform.requests.length - start).toBe(1)
  })

  it('goes on where the platform cannot be reached for a while, and says so', async () => {
    const stage = await aStoredStage()
    let looks = 0
    let isDown = false
    stage.platform.onRequest(() => {
      if (!isDown) looks += 1
      return isDown ? { kind: 'answer', status: 503, body: '' } : undefined
    })
    stage.clock.after(15_000, () => {
      isDown = true
    })
    stage.clock.after(600_000, () => {
      isDown = false
    })
    const ran = await stage.run(['status', '-e', 'staging', '--watch', '10s'], {
      onStart: (interrupt) => stage.clock.after(1_200_000, () => interrupt('SIGINT')),
    })
    expect(ran.exitCode).toBe(130)
    expect(ran.stderr).toMatch(/503/)
    expect(ran.stdout.match(/^Project /gm)).toHaveLength(looks)
    expect(looks).toBeGreaterThan(50)
  })

  it('that cannot be reached at its first look says so, and ends', async () => {
    const stage = await aStoredStage()
    stage.platform.onRequest(() => ({ kind: 'answer', status: 503, body: '' }))
    const ran = await stage.run(['status', '-e', 'staging', '--watch', '10s'])
    expect([ran.exitCode, ran.stdout]).toEqual([69, ''])
  })

  it.each(['soon', '0s', '1ms', '999ms'])('--watch %s is refused before anything is asked', async (interval) => {
    const stage = await aStage()
    const ran = await stage.run(['status', '-e', 'staging', '--watch', interval])
    expect(ran.exitCode).toBe(64)
    expect(stage.platform.requests).toHaveLength(0)
  })
})
