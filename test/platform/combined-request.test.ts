import { readFileSync } from 'node:fs'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import {
  DeploymentProgress,
  EnvironmentHistory,
  FindProject,
  ObserveEnvironment,
  ServiceAutoDeploy,
  ServiceSnapshot,
  SetAutoDeploy,
} from '../../src/contract/types.ts'
import { CombinedRequest } from '../../src/platform/combined-request.ts'

const schema = buildSchema(readFileSync('src/contract/schema.graphql', 'utf8'))

function mistakesIn(request: CombinedRequest): string[] {
  return validate(schema, parse(request.document().toString())).map((error) => error.message)
}

const ids = { projectId: 'p', environmentId: 'e', serviceId: 's' }

const combinations: Record<string, (request: CombinedRequest) => void> = {
  'one deployment': (request) => request.add(DeploymentProgress, { deploymentId: 'd' }),
  'several deployments': (request) => {
    for (const deploymentId of ['d1', 'd2', 'd3']) request.add(DeploymentProgress, { deploymentId })
  },
  'whole environments, whose fragments use variables': (request) => {
    for (const environmentId of ['e1', 'e2']) request.add(ObserveEnvironment, { projectId: 'p', environmentId })
  },
  'different documents': (request) => {
    request.add(EnvironmentHistory, { environmentId: 'e' })
    request.add(ServiceSnapshot, { deploymentId: 'd' })
    request.add(ServiceAutoDeploy, ids)
  },
  mutations: (request) => {
    for (const serviceId of ['s1', 's2']) request.add(SetAutoDeploy, { input: { ...ids, serviceId, enabled: false } })
  },
}

describe('a combined request', () => {
  it.each(Object.entries(combinations))('is valid against the schema: %s', (_, fill) => {
    const request = new CombinedRequest('Combined')
    fill(request)
    expect(mistakesIn(request)).toEqual([])
  })

  it('begins with its operation, under the name it was given', () => {
    const request = new CombinedRequest('WatchDeployments')
    request.add(DeploymentProgress, { deploymentId: 'd' })
    expect(request.document().toString()).toMatch(
      /^query WatchDeployments\(\$deploymentId_1: String!\) \{\n {2}deployment_1: /,
    )
  })

  it('sends each fragment once', () => {
    const request = new CombinedRequest('Combined')
    request.add(EnvironmentHistory, { environmentId: 'e1' })
    request.add(EnvironmentHistory, { environmentId: 'e2' })
    expect(
      request
        .document()
        .toString()
        .match(/^fragment \w+/gm),
    ).toEqual(['fragment ObservedPatch', 'fragment ObservedPatches'])
  })

  it('gives every part its own variables and its own answer', () => {
    const request = new CombinedRequest('Combined')
    const first = request.add(ServiceAutoDeploy, { ...ids, serviceId: 's1' })
    const second = request.add(ServiceAutoDeploy, { ...ids, serviceId: 's2' })
    expect(request.variables()).toMatchObject({ serviceId_1: 's1', serviceId_2: 's2' })
    expect(request.size).toBe(2)
    const answer = { autoDeploy_1: { enabled: true }, autoDeploy_2: { enabled: false } }
    expect([first(answer), second(answer)]).toEqual([
      { autoDeploy: { enabled: true } },
      { autoDeploy: { enabled: false } },
    ])
  })

  it('shares a variable that a fragment uses, and refuses two values for it', () => {
    const request = new CombinedRequest('Combined')
    request.add(ObserveEnvironment, { projectId: 'p', environmentId: 'e1', servicesAfter: 'x' })
    expect(request.variables()).toEqual({ projectId_1: 'p', environmentId_1: 'e1', servicesAfter: 'x' })
    expect(() => request.add(ObserveEnvironment, { projectId: 'p', environmentId: 'e2', servicesAfter: 'y' })).toThrow(
      '$servicesAfter',
    )
  })

  it('refuses to mix reading and writing, and documents without aliases', () => {
    const request = new CombinedRequest('Combined')
    request.add(ServiceAutoDeploy, ids)
    expect(() => request.add(SetAutoDeploy, { input: { ...ids, enabled: true } })).toThrow('query and a mutation')
    expect(() => request.add(FindProject, { projectId: 'p' })).toThrow('alias every top-level field')
  })
})
