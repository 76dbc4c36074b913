import { expect, test } from 'vitest'
import type { DeployConfig } from '../../src/contract/environment-config.ts'
import { startsAgain } from '../../src/local/containers.ts'

test.each<[policy: DeployConfig, restarts: number, code: number, again: boolean]>([
  [{}, 0, 1, true],
  [{}, 10, 1, false],
  [{ restartPolicyType: 'ON_FAILURE' }, 0, 0, false],
  [{ restartPolicyType: 'ON_FAILURE', restartPolicyMaxRetries: 2 }, 1, 137, true],
  [{ restartPolicyType: 'ON_FAILURE', restartPolicyMaxRetries: 2 }, 2, 137, false],
  [{ restartPolicyType: 'ALWAYS', restartPolicyMaxRetries: 2 }, 100, 0, true],
  [{ restartPolicyType: 'NEVER' }, 0, 1, false],
])(
  'under %j, after %i restarts and an exit with code %i, containers start again: %s',
  (deploy, restarts, code, again) => {
    expect(startsAgain({ settings: { deploy }, restarts }, code)).toBe(again)
  },
)
