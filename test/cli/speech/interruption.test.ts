import { beforeEach, describe, expect, it } from 'vitest'
import { createInterruption } from '../../../src/cli/interruption.ts'
import type { Machine } from '../../../src/cli/machine.ts'
import { FakeClock } from '../../support/fake-clock.ts'

type Signal = 'SIGINT' | 'SIGTERM'

let listening: [Signal, () => void][]
let killed: [number, string | number][]
const machine: Machine = {
  argv: [],
  env: {},
  cwd: () => '/',
  pid: 42,
  execPath: '/node',
  stdin: (async function* () {})(),
  stdout: { write: () => true },
  stderr: { write: () => true },
  on: (signal, act) => listening.push([signal, act]),
  off: (signal, act) => {
    listening = listening.filter(([name, other]) => name !== signal || other !== act)
  },
  kill: (pid, signal) => killed.push([pid, signal]),
}

beforeEach(() => {
  listening = []
  killed = []
})

function send(signal: Signal): void {
  for (const [name, act] of [...listening]) if (name === signal) act()
}

describe('a signal', () => {
  it.each<Signal>(['SIGINT', 'SIGTERM'])(
    '%s: the first one asks the command to stop, with a reason for people',
    (signal) => {
      const { signal: stop } = createInterruption(machine)
      expect(stop.aborted).toBe(false)
      send(signal)
      expect(stop.reason).toMatchObject({ kind: 'interrupted', code: 'interrupted', retryable: true })
      expect(stop.reason.message).toContain('nothing new was started')
      expect(stop.reason.hint).toContain('Run the same command again')
      expect(killed).toEqual([])
    },
  )

  it.each<[Signal, Signal]>([
    ['SIGINT', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ])('after %s, a second one (%s) ends the process with its own signal, and only once', (first, second) => {
    createInterruption(machine)
    send(first)
    send(second)
    expect(killed).toEqual([[42, second]])
    expect(listening).toEqual([])
    send(second)
    expect(killed).toHaveLength(1)
  })

  it('is no longer listened for when the command is over', () => {
    const { end, signal } = createInterruption(machine)
    expect(listening.map(([name]) => name)).toEqual(['SIGINT', 'SIGTERM'])
    end()
    expect(listening).toEqual([])
    send('SIGINT')
    expect(signal.aborted).toBe(false)
  })
})

describe('a time limit', () => {
  it('stops the command when it is over, as unfinished', () => {
    const clock = new FakeClock()
    const { limit, signal } = createInterruption(machine)
    limit(90_000, clock, '--timeout allows')
    clock.advance(89_999)
    expect(signal.aborted).toBe(false)
    clock.advance(1)
    expect(signal.reason).toMatchObject({ kind: 'unfinished', code: 'command-timeout', retryable: true })
    expect(signal.reason.message).toMatch(/^The time that --timeout allows is over\. /)
    expect(signal.reason.hint).toContain('fakturino status')
  })

  it('is over with the command', () => {
    const clock = new FakeClock()
    const { limit, signal, end } = createInterruption(machine)
    limit(90_000, clock, '--timeout allows')
    end()
    clock.advance(100_000)
    expect(signal.aborted).toBe(false)
  })

  it('does not change the reason of somebody who stopped it before', () => {
    const clock = new FakeClock()
    const { limit, signal } = createInterruption(machine)
    limit(1_000, clock, '--timeout allows')
    send('SIGINT')
    clock.advance(2_000)
    expect(signal.reason).toMatchObject({ kind: 'interrupted' })
  })
})

it('what belongs to the end is done at the end, in order', () => {
  const done: string[] = []
  const { atEnd, end } = createInterruption(machine)
  atEnd(() => done.push('first'))
  atEnd(() => done.push('second'))
  expect(done).toEqual([])
  end()
  expect(done).toEqual(['first', 'second'])
})
