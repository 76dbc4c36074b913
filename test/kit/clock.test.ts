import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { faster, wallClock } from '../../src/kit/clock.ts'
import { FakeClock } from '../support/fake-clock.ts'

describe('a clock whose time passes three times faster', () => {
  it('starts at the same hour and runs ahead from there', () => {
    const clock = new FakeClock()
    const fast = faster(clock, 3)
    const start = clock.now()
    expect(fast.now()).toBe(start)
    clock.advance(10_000)
    expect(fast.now()).toBe(start + 30_000)
  })

  it('sleeps for as long as it says by its own time', async () => {
    const clock = new FakeClock()
    const fast = faster(clock, 3)
    const [start, startOfFast] = [clock.now(), fast.now()]
    await fast.sleep(30_000)
    expect(fast.now() - startOfFast).toBe(30_000)
    expect(clock.now() - start).toBe(10_000)
  })

  it('calls back by its own time, unless that is called off', () => {
    const clock = new FakeClock()
    const fast = faster(clock, 3)
    const called: string[] = []
    fast.after(30_000, () => called.push('one'))
    fast.after(30_000, () => called.push('two'))()
    clock.advance(9_999)
    expect(called).toEqual([])
    clock.advance(1)
    expect(called).toEqual(['one'])
  })

  it('lets a sleep be interrupted like any other', async () => {
    const controller = new AbortController()
    const sleep = faster(new FakeClock(), 3).sleep(30_000, controller.signal)
    controller.abort(new Error('enough'))
    await expect(sleep).rejects.toThrow('enough')
  })
})

describe('the clock on the wall', () => {
  it('waits for as long as timers can count where it is asked to wait for longer, and not for no time at all', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const day = 86_400_000
    const called: string[] = []
    wallClock.after(30 * day, () => called.push('after'))
    void wallClock.sleep(30 * day).then(() => called.push('slept'))
    vi.advanceTimersByTime(24 * day)
    expect(called).toEqual([])
    vi.advanceTimersByTime(day)
    expect(called).toEqual(['after'])
  })
})
