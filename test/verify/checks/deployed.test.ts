import { expect, test } from 'vitest'
import { id } from '../../../src/platform/ids.ts'
import type { ObservedDeployment, ObservedService } from '../../../src/platform/observed-state.ts'
import { checkDeployed } from '../../../src/verify/checks/deployed.ts'
import { anObservedDeployment, anObservedService } from '../../support/builders.ts'

const ours = anObservedDeployment({ id: id('ours') })
const theirs = anObservedDeployment({ id: id('theirs') })
const running = (...active: ObservedService['active']) => anObservedService('api', { active })

function judged(observed: ObservedService | undefined): string[] {
  return checkDeployed({ service: 'api', deploymentId: ours.id, commit: 'c1' }, observed).map(
    ({ check, outcome, finding }) => `${check}: ${outcome}${finding === undefined ? '' : ` (${finding.message})`}`,
  )
}

test.each<[string, ObservedService | undefined, string[]]>([
  ['ours serves, at its commit', running(ours), ['active-deployment: pass', 'commit: pass', 'instance: pass']],
  [
    'ours serves, while the one before is on its way out',
    running(ours, { ...theirs, status: 'removing' }),
    ['active-deployment: pass', 'commit: pass', 'instance: pass'],
  ],
  [
    'another one has taken its place',
    running(theirs),
    ['active-deployment: unknown (Deployment theirs of api is active, not ours (ours): somebody else deployed.)'],
  ],
  [
    'a newer one serves beside it',
    running(theirs, ours),
    ['active-deployment: unknown (Deployment theirs of api is active, not ours (ours): somebody else deployed.)'],
  ],
  [
    'nothing serves',
    running(),
    ['active-deployment: fail (Nothing of api is active, although its deployment succeeded.)'],
  ],
  [
    'the service is gone',
    undefined,
    ['active-deployment: fail (Nothing of api is active, although its deployment succeeded.)'],
  ],
  [
    'it is of another commit',
    running({ ...ours, commit: 'c2' }),
    ['active-deployment: pass', 'commit: fail (api runs c2, not c1.)', 'instance: pass'],
  ],
  [
    'nobody knows its commit',
    running({ ...ours, commit: undefined }),
    ['active-deployment: pass', 'commit: fail (api runs no known commit, not c1.)', 'instance: pass'],
  ],
  [
    'no instance of it runs',
    running({ ...ours, runningInstances: 0 }),
    [
      'active-deployment: pass',
      'commit: pass',
      'instance: fail (No instance of api is running, although its deployment succeeded.)',
    ],
  ],
  [
    'it has stopped, whatever its instances say',
    running({ ...ours, isStopped: true }),
    [
      'active-deployment: pass',
      'commit: pass',
      'instance: fail (No instance of api is running, although its deployment succeeded.)',
    ],
  ],
])('%s', (_, observed, expected) => {
  expect(judged(observed)).toEqual(expected)
})

test('an image has no commit to judge', () => {
  const results = checkDeployed({ service: 'api', deploymentId: ours.id }, running({ ...ours, commit: undefined }))
  expect(results.map(({ check, outcome }) => `${check}: ${outcome}`)).toEqual([
    'active-deployment: pass',
    'instance: pass',
  ])
})

test('a failure is critical and carries what was measured', () => {
  const [, , instance] = checkDeployed(
    { service: 'api', deploymentId: ours.id, commit: 'c1' },
    running({ ...ours, instances: 3, runningInstances: 0 }),
  )
  expect(instance?.finding).toMatchObject({
    code: 'instance-wrong',
    severity: 'critical',
    subject: 'api',
    evidence: { instances: 3, running: 0, stopped: false },
  })
})

test('nothing has to run of what is wanted with no replicas', () => {
  const none = { ...ours, instances: 0, runningInstances: 0 }
  const results = checkDeployed({ service: 'api', deploymentId: ours.id, replicas: 0 }, running(none))
  expect(results.map(({ check, outcome }) => `${check}: ${outcome}`)).toEqual(['active-deployment: pass'])
})

test.each<[ObservedDeployment['status'], string, string]>([
  ['removed', 'deployment-superseded', 'Our deployment of api was removed by somebody else.'],
  ['needs-approval', 'deployment-held', "api waits for somebody's approval in the dashboard."],
  ['deploying', 'active-deployment-unknown', 'api is deploying again, although it was live.'],
])('ours that is %s at the end is neither good nor bad', (status, code, message) => {
  const observed = anObservedService('api', { active: [theirs], latest: { ...ours, status } })
  expect(checkDeployed({ service: 'api', deploymentId: ours.id }, observed)).toMatchObject([
    { check: 'active-deployment', outcome: 'unknown', finding: { code, message } },
  ])
})

test('ours that sleeps is neither, and ours that crashed is bad, whatever serves', () => {
  const asleep = checkDeployed(
    { service: 'api', deploymentId: ours.id },
    running({ ...ours, status: 'sleeping', runningInstances: 0 }),
  )
  expect(asleep).toMatchObject([{ outcome: 'unknown', finding: { code: 'deployment-asleep' } }])
  const observed = anObservedService('api', { active: [theirs], latest: { ...ours, status: 'crashed' } })
  expect(checkDeployed({ service: 'api', deploymentId: ours.id }, observed)).toMatchObject([{ outcome: 'fail' }])
})
