import { expect, test } from 'vitest'
import { splitRevisions } from '../../src/plan/split-revisions.ts'
import {
  aDesiredDatabase,
  aDesiredService,
  aDesiredState,
  anObservedDeployment,
  anObservedService,
  deployedAt,
} from '../support/builders.ts'

const runs = (name: string, commit: string, minutes = 0, settings = {}) =>
  anObservedService(name, {
    settings,
    active: [anObservedDeployment({ commit, createdAt: deployedAt + minutes * 60_000 })],
  })
const desired = aDesiredState({
  services: [aDesiredDatabase('postgres'), aDesiredService('api'), aDesiredService('worker'), aDesiredService('cron')],
})

test('services of one codebase on different commits, the newest deployment first', () => {
  const services = [runs('postgres', 'x'), runs('api', 'c1'), runs('worker', 'c2', 5), runs('cron', 'c1')]
  expect(splitRevisions({ services }, desired)).toEqual([
    {
      codebase: 'acme/shop#main',
      revisions: [
        { commit: 'c2', services: ['worker'] },
        { commit: 'c1', services: ['api', 'cron'] },
      ],
    },
  ])
})

test('the same commit everywhere, or nothing that serves, is no split', () => {
  const idle = anObservedService('cron', { active: [] })
  expect(splitRevisions({ services: [runs('api', 'c1'), runs('worker', 'c1'), idle] }, desired)).toEqual([])
})

test('without a config, the repository and its branch say what belongs together', () => {
  const from = (branch: string) => ({ repo: 'acme/shop', branch })
  const services = [
    runs('api', 'c1', 0, from('main')),
    runs('worker', 'c2', 0, from('main')),
    runs('x', 'c3', 0, from('next')),
  ]
  expect(splitRevisions({ services }, undefined)).toMatchObject([{ codebase: 'acme/shop#main' }])
})
