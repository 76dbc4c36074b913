import { expect, it } from 'vitest'
import { sideBySide } from '../../src/kit/side-by-side.ts'
import { FakeClock } from '../support/fake-clock.ts'

it('carries out so many at a time, and gives back what they gave in the order of the tasks', async () => {
  const clock = new FakeClock()
  let open = 0
  let most = 0
  const tasks = [40, 10, 30, 20, 5].map((ms) => async () => {
    open += 1
    most = Math.max(most, open)
    await clock.sleep(ms)
    open -= 1
    return ms
  })
  expect(await sideBySide(2, tasks)).toEqual([40, 10, 30, 20, 5])
  expect(most).toBe(2)
  expect(await sideBySide(2, [])).toEqual([])
})
