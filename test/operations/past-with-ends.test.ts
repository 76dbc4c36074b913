import { expect, test } from 'vitest'
import { wasLive } from '../../src/operations/past-with-ends.ts'
import type { DeploymentEvent, DeploymentStep } from '../../src/platform/observed-state.ts'

const step = (name: DeploymentStep, parts: Partial<DeploymentEvent> = {}): DeploymentEvent => ({
  step: name,
  startedAt: 0,
  completedAt: 1,
  error: undefined,
  ...parts,
})
const built = [step('snapshot-code'), step('build-image'), step('publish-image')]
const asked = { healthcheckPath: '/health' }

test.each<[string, DeploymentEvent[], { healthcheckPath?: string } | undefined, boolean | undefined]>([
  ['without steps it is not known', [], asked, undefined],
  ['that passed its health check was live', [...built, step('create-container'), step('healthcheck')], asked, true],
  ['without a health check was live with its container', [...built, step('create-container')], {}, true],
  ['of which no settings are told, too', [...built, step('create-container')], undefined, true],
  [
    'that came as far as its container, and was to be asked, was not',
    [...built, step('create-container')],
    asked,
    false,
  ],
  [
    'that was drained was live, however that ended',
    [...built, step('drain-instances', { completedAt: undefined })],
    asked,
    true,
  ],
  ['that was only built was not', built, {}, false],
  ['with a step that is open was not', [...built, step('create-container', { completedAt: undefined })], {}, false],
  [
    'whose pre-deploy command failed was not',
    [...built, step('pre-deploy-command', { error: 'exited with code 1' })],
    {},
    false,
  ],
  [
    'that was ended in its health check was not',
    [...built, step('create-container'), step('healthcheck', { reason: 'superseded by a newer deployment' })],
    asked,
    false,
  ],
])('a deployment %s', (_, events, settings, answer) => {
  expect(wasLive(events, settings === undefined ? {} : { settings })).toBe(answer)
})
