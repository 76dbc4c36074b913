import { onTestFinished } from 'vitest'
import type { DesiredState } from '../../src/config/desired.ts'
import { rehearsalTiming } from '../../src/config/timing.ts'
import type { EnvironmentConfig, ServiceConfig } from '../../src/contract/environment-config.ts'
import { createHttpClient } from '../../src/kit/http.ts'
import { Secret } from '../../src/kit/secret.ts'
import { startLocalPlatform } from '../../src/local/index.ts'
import { applyPlan } from '../../src/operations/apply-plan.ts'
import { createServices, missingServices } from '../../src/operations/create-missing.ts'
import type { OperationEvent } from '../../src/operations/events.ts'
import { planFrom } from '../../src/operations/plan-environment.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { chooseCredential } from '../../src/platform/credential.ts'
import { createGraphqlClient } from '../../src/platform/graphql-client.ts'
import { createGraphqlPlatform } from '../../src/platform/graphql-platform.ts'
import type { ObservedRunning, ObservedState } from '../../src/platform/observed-state.ts'
import type { ChangeName, Platform, Target } from '../../src/platform/platform.ts'
import { aDesiredService, aDesiredState } from '../support/builders.ts'
import { FakeClock } from '../support/fake-clock.ts'

interface Planned {
  plan: Plan
  observed: ObservedState
  running: ObservedRunning
}

/** A local platform with one empty environment, the real client, and the two halves of a deploy around the approval. */
export async function anEnvironment() {
  const clock = new FakeClock()
  const local = await startLocalPlatform({
    clock,
    repositories: [{ name: 'acme/shop', branches: { main: [{ message: 'first' }] } }],
  })
  const http = createHttpClient({ clock, userAgent: 'fakturino/test' })
  onTestFinished(async () => {
    http.close()
    await local.stop()
  })
  const credential = chooseCredential({}, local.address)
  const platform = createGraphqlPlatform(createGraphqlClient({ credential, http, clock, random: () => 0 }))
  const [workspace] = await platform.findWorkspaces()
  if (workspace === undefined) throw new Error('no workspace')
  const project = await platform.change('create-project', {
    name: 'shop',
    workspaceId: workspace.id,
    firstEnvironment: 'staging',
  })
  const [environment] = project.environments
  if (environment === undefined) throw new Error('no environment')
  const target: Target = { projectId: project.id, environmentId: environment.id }

  const written: ChangeName[] = []
  const writing: Platform = {
    ...platform,
    change: (name, input) => {
      written.push(name)
      return platform.change(name, input)
    },
  }
  const reported: OperationEvent[] = []
  let randomness = 0
  const needs = {
    platform: writing,
    clock,
    signal: new AbortController().signal,
    report: async (event: OperationEvent) => void reported.push(event),
    timing: rehearsalTiming,
    checkpoint: () => {},
    check: () => {},
    random: (bytes: number) => new Uint8Array(bytes).fill(randomness++),
  }

  const wants = (desired: DesiredState, supplied: Record<string, string>) => ({
    desired,
    commit: { kind: 'running' } as const,
    supplied: new Map(Object.entries(supplied).map(([name, value]) => [name, new Secret(value)])),
  })

  return {
    platform,
    target,
    written,
    reported,
    needs,
    local,
    /** Everything up to the approval. */
    plan: async (desired: DesiredState, supplied: Record<string, string> = {}): Promise<Planned> => {
      const { state, running } = await platform.observeRunning(await platform.observe(target))
      return { plan: planFrom(wants(desired, supplied), state, running, true, needs), observed: state, running }
    },
    /** Everything after it, but for the deployments. */
    apply: async (
      desired: DesiredState,
      { plan, observed, running }: Planned,
      supplied: Record<string, string> = {},
    ) => {
      const created = await createServices(target, missingServices([plan]), needs)
      const now = await platform.observe(target)
      return applyPlan(
        {
          ...wants(desired, supplied),
          plan,
          observed: created ? now : observed,
          now,
          running,
          author: { command: 'deploy', person: 'nina' },
          allowStaged: false,
        },
        needs,
      )
    },
    /** What somebody else does in the dashboard, stored without a deployment. */
    someone: async (stores: (ids: Record<string, string>) => EnvironmentConfig) => {
      const state = await platform.observe(target)
      const ids = Object.fromEntries(state.services.map((service) => [service.name, service.id]))
      await platform.change('stage-changes', { ...target, config: new Secret(stores(ids)) })
      await platform.change('commit-staged', { ...target, message: 'tuned it' })
    },
    state: () => platform.observe(target),
  }
}

export const plain = aDesiredState({ services: [aDesiredService('api', { settings: { startCommand: 'serve' } })] })
export const changed = aDesiredState({
  services: [aDesiredService('api', { settings: { startCommand: 'serve --more' } })],
})

/** An environment in which `plain` is stored. */
export async function aPlainEnvironment() {
  const world = await anEnvironment()
  await world.apply(plain, await world.plan(plain))
  world.written.length = 0
  world.reported.length = 0
  return world
}

/** What somebody stores for the service `api`. */
export const onApi = (config: ServiceConfig) => (ids: Record<string, string>) => ({
  services: { [ids.api ?? '']: config },
})
