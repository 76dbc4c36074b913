import { describe, expect, it } from 'vitest'
import type { Misfortune } from '../../../src/local/index.ts'
import { aStage, type Ran, type Stage } from '../../support/stage.ts'
import {
  codeServices,
  deploymentCounts,
  eachService,
  environments,
  expectEmptyPlan,
  idOf,
  inventory,
  storedValue,
  wholeInventory,
} from './deployed-stage.ts'

/** As many requests as `init` of an empty workspace sends. */
async function requestsOfInit(): Promise<{ kind: string; operation: string }[]> {
  const stage = await aStage()
  await stage.run(['init', '--yes'])
  return stage.platform.requests.map(({ kind, operationName = '' }) => ({ kind, operation: operationName }))
}

/** What a stage must look like after an `init` that was broken off and run again. */
async function expectWhole(stage: Stage, where: string): Promise<void> {
  expect(inventory(stage), where).toEqual(wholeInventory)
  for (const environment of environments) {
    await expectEmptyPlan(stage, environment)
    const { patches, staged, instances } = stage.platform.world.environmentNamed(environment)
    expect(patches.length, where).toBe(1)
    expect(staged.patch, where).toEqual({})
    expect(deploymentCounts(stage, environment), where).toEqual(eachService(0))
    const keys = codeServices.map((service) => storedValue(stage, environment, service, 'APP_KEY'))
    expect(new Set(keys).size, where).toBe(1)
    for (const service of codeServices) {
      expect(instances.get(idOf(stage, service)), `${where}: ${service}`).toMatchObject({ autoDeploy: false })
    }
  }
}

/** Runs `init --yes` until it ends well; more than two tries would be a person giving up. */
async function untilDone(stage: Stage, where: string): Promise<void> {
  let ran: Ran | undefined
  for (let tries = 1; tries <= 2 && ran?.exitCode !== 0; tries++) ran = await stage.run(['init', '--yes'])
  expect(ran, `${where}\n${ran?.stderr}`).toMatchObject({ exitCode: 0 })
}

describe('init, broken off at any request and run again', () => {
  it('makes nothing twice where the answer to the request is lost after it was carried out', async () => {
    const requests = await requestsOfInit()
    for (const [index, { operation }] of requests.entries()) {
      const stage = await aStage()
      const where = `request ${index + 1}, ${operation}`
      const forget = onRequestNumber(stage, index + 1, { kind: 'drop-after' })
      const broken = await stage.run(['init', '--yes', '--json'])
      forget()
      expect(broken.exitCode, `${where}: recognised by reading, or asked again`).toBe(0)
      await expectWhole(stage, where)
    }
  }, 120_000)

  it('makes nothing twice where from one request on nothing arrives any more', async () => {
    const requests = await requestsOfInit()
    for (const [index, { kind, operation }] of requests.entries()) {
      const stage = await aStage()
      const where = `from request ${index + 1}, ${operation}`
      const forget = onRequestNumber(stage, index + 1, { kind: 'drop-before' }, true)
      const broken = await stage.run(['init', '--yes', '--json'])
      forget()
      // A lease that cannot be taken ends it as any mutation does; one that cannot be given back is said, and the next request
      // ends it, if there is one.
      const isNote = operation.endsWith('Variables')
      if (isNote && index >= requests.length - 2) expect(broken.exitCode, where).toBe(0)
      else if (isNote) expect([6, 69], where).toContain(broken.exitCode)
      else expect(broken.exitCode, where).toBe(kind === 'mutation' ? 6 : 69)
      await untilDone(stage, where)
      await expectWhole(stage, where)
    }
  }, 120_000)
})

/** Brings a misfortune over the request of that number, and over all after it where asked. */
function onRequestNumber(stage: Stage, number: number, misfortune: Misfortune, andAllAfter = false): () => void {
  let arrived = 0
  return stage.platform.onRequest(() => {
    arrived += 1
    return arrived === number || (andAllAfter && arrived > number) ? misfortune : undefined
  })
}
