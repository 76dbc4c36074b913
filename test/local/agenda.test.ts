import { expect, test } from 'vitest'
import { Agenda } from '../../src/local/agenda.ts'
import { FakeClock } from '../support/fake-clock.ts'

function anAgenda() {
  const clock = new FakeClock(1_000)
  const agenda = new Agenda(clock)
  const seen: [string, number][] = []
  const note = (what: string) => () => seen.push([what, agenda.now()])
  return { clock, agenda, seen, note }
}

test('what is due happens in order, each at its own hour', () => {
  const { clock, agenda, seen, note } = anAgenda()
  agenda.in(300, note('third'))
  agenda.in(100, note('first'))
  agenda.in(300, note('fourth'))
  agenda.in(200, note('second'))
  clock.advance(10_000)
  agenda.catchUp()
  expect(seen).toEqual([
    ['first', 1_100],
    ['second', 1_200],
    ['third', 1_300],
    ['fourth', 1_300],
  ])
  expect(agenda.now()).toBe(11_000)
})

test('nothing happens before its hour, or before somebody looks', () => {
  const { clock, agenda, seen, note } = anAgenda()
  agenda.in(100, note('late'))
  clock.advance(99)
  agenda.catchUp()
  clock.advance(1)
  expect(seen).toEqual([])
  agenda.catchUp()
  expect(seen).toEqual([['late', 1_100]])
})

test('what a due thing plans happens in the same look when it is due by then', () => {
  const { clock, agenda, seen, note } = anAgenda()
  agenda.in(100, () => {
    agenda.in(100, note('follows'))
    agenda.in(10_000, note('too late'))
  })
  clock.advance(500)
  agenda.catchUp()
  expect(seen).toEqual([['follows', 1_200]])
})

test('a clock that is set back does not turn the world back', () => {
  const clock = { ...new FakeClock(), time: 1_000, now: () => clock.time, sleep: async () => {}, after: () => () => {} }
  const agenda = new Agenda(clock)
  clock.time = 500
  agenda.catchUp()
  expect(agenda.now()).toBe(1_000)
})
