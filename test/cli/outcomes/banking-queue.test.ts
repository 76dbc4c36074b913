import { expect, test } from 'vitest'
import type { Stage } from '../../support/stage.ts'
import { aDeployedStage, codeServices, deploymentsOf, idOf, succeeding } from './deployed-stage.ts'

const flag = 'FEATURE_PSD2_BANKING'
const withoutBanking = 'php artisan queue:work redis --queue=default,migration --sleep=3 --tries=3'

function environmentId({ platform }: Stage): string {
  return platform.world.environmentNamed('staging').id
}

/** The flag on for the three services that read it, and whatever else is changed with it. */
function commit(stage: Stage, startCommand?: string): void {
  const { platform, clock } = stage
  const services = Object.fromEntries(
    codeServices.map((name) => [
      idOf(stage, name),
      {
        variables: { [flag]: { value: 'true' } },
        ...(name === 'worker' && startCommand !== undefined ? { deploy: { startCommand } } : {}),
      },
    ]),
  )
  platform.world.commit(environmentId(stage), { services })
  clock.advance(10_000)
}

/** How many jobs wait once the scheduler has synchronised the banks, and the workers had time for it. */
function waitingAfterBankSync(stage: Stage): number | undefined {
  const { clock, platform } = stage
  clock.advance(3_600_000)
  // One that is done in any case: what was dispatched last is waiting still.
  return (platform.world.dispatch(environmentId(stage), 'default')?.pending ?? 0) - 1
}

async function queuesConsumed(stage: Stage): Promise<unknown> {
  const { documents } = await stage.run(['check', '-e', 'staging', '--json'])
  return ((documents[0]?.checks ?? []) as { check: string }[]).find(({ check }) => check === 'queues-consumed')
}

test('with the flag on the banks are synchronised every hour, and the shipped worker does the jobs', async () => {
  const stage = await aDeployedStage()
  commit(stage)
  expect(waitingAfterBankSync(stage)).toBe(0)
  expect(await queuesConsumed(stage)).toMatchObject({ outcome: 'pass' })
})

test('a worker that runs without the banking queue leaves them, and it shows', async () => {
  const stage = await aDeployedStage()
  commit(stage, withoutBanking)
  expect(waitingAfterBankSync(stage)).toBe(2)
  expect(await queuesConsumed(stage)).toMatchObject({
    outcome: 'fail',
    finding: { message: expect.stringMatching(/Nobody works on the queue banking: .*psd2_banking needs it/) },
  })
})

test('a worker that has crashed reads no queue, whatever its command says', async () => {
  const stage = await aDeployedStage()
  const { world } = stage.platform
  world.forceStatus(deploymentsOf(stage, 'staging', 'worker').at(-1)?.id ?? '', 'CRASHED')
  expect(world.dispatch(environmentId(stage), 'banking', 3)?.pending).toBe(3)
  stage.clock.advance(60_000)
  expect(world.dispatch(environmentId(stage), 'banking')?.pending).toBe(4)
  await succeeding(stage, ['deploy', 'worker', '-e', 'staging', '--yes'])
  stage.clock.advance(60_000)
  expect(world.dispatch(environmentId(stage), 'banking')?.pending).toBe(1)
})
