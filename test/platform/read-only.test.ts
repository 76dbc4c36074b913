import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/kit/secret.ts'
import { id } from '../../src/platform/ids.ts'
import type { ChangeName, Changes, Platform } from '../../src/platform/platform.ts'
import { readOnly } from '../../src/platform/read-only.ts'

const service = { projectId: id<'project'>('p'), environmentId: id<'environment'>('e'), serviceId: id<'service'>('s') }
const staged = { ...service, config: new Secret({ sharedVariables: { KEY: { value: 'sentinel' } } }) }
const inputs: { [Name in ChangeName]: { input: Changes[Name]['input']; said: string } } = {
  'create-project': {
    input: { name: 'shop', workspaceId: id('w'), firstEnvironment: 'production' },
    said: 'created the project shop',
  },
  'create-environment': { input: { ...service, name: 'staging' }, said: 'created the environment staging' },
  'create-service': { input: { ...service, name: 'api\u001b[2J' }, said: 'created the service api' },
  'create-volume': { input: { ...service, mountPath: '/data' }, said: 'created a volume at /data' },
  'create-backup': {
    input: { volumeInstanceId: id('v'), name: 'fakturino 1\u001b[2J' },
    said: 'asked for the backup fakturino 1',
  },
  'create-domain': {
    input: { ...service, targetPort: 80, custom: 'shop.example' },
    said: 'created the domain shop.example',
  },
  'stage-changes': { input: staged, said: 'staged changes' },
  'replace-staged': { input: staged, said: 'replaced what is staged' },
  'commit-staged': { input: { ...service, message: 'm' }, said: 'committed what is staged' },
  'commit-changes': {
    input: { ...service, message: 'm', config: new Secret({ services: {} }) },
    said: 'committed changes, and deployed what they touch',
  },
  'store-variables': {
    input: { ...service, services: [{ ...service, variables: new Secret({ KEY: 'sentinel' }) }] },
    said: 'stored variables of 1 service',
  },
  'store-settings': {
    input: { ...service, services: [{ ...service, settings: { startCommand: 'serve' }, before: {} }] },
    said: 'stored settings of 1 service',
  },
  'follow-branches': {
    input: { ...service, services: [{ ...service, repository: 'acme/app', branch: 'main' }] },
    said: 'made 1 service follow a branch',
  },
  'set-auto-deploy': {
    input: { ...service, services: [{ ...service, enabled: true }] },
    said: 'switched auto-deploy of 1 service',
  },
  'deploy-service': { input: { ...service, commit: 'abc' }, said: 'deployed a service at commit abc' },
  'deploy-latest-commit': { input: service, said: "deployed the branch's newest commit" },
  'write-shared-variables': {
    input: { ...service, variables: { FAKTURINO_LEASE: 'sentinel' }, over: [] },
    said: 'written what fakturino keeps for others',
  },
  'rollback-deployment': { input: { service: 'api', deploymentId: id('d') }, said: 'rolled api back' },
  'redeploy-deployment': {
    input: { service: 'api', deploymentId: id('d') },
    said: 'built api again as an earlier deployment had it',
  },
  'restart-deployment': { input: { service: 'api', deploymentId: id('d') }, said: 'restarted api' },
}

const changed: string[] = []
const platform: Platform = {
  identify: () => Promise.reject(new Error('not asked')),
  findWorkspaces: async () => [{ id: id('w'), name: 'Acme' }],
  findProjects: async () => [],
  findProject: () => Promise.reject(new Error('not asked')),
  observe: () => Promise.reject(new Error('not asked')),
  observeAll: async () => [],
  readLogRows: async () => [],
  readDeploymentsRows: async () => new Map(),
  followLogRows: () => ({ stop: () => {} }),
  readAnsweredRequests: async () => [],
  readAnsweredByPath: async () => ({ all: [], ofPaths: [] }),
  readPast: async () => ({ deployments: [], patches: [], completeSince: undefined }),
  observeRunning: () => Promise.reject(new Error('not asked')),
  readSnapshots: async () => new Map(),
  readStaged: () => Promise.reject(new Error('not asked')),
  readSharedVariables: () => Promise.reject(new Error('not asked')),
  readPatch: () => Promise.reject(new Error('not asked')),
  watchDeployments: async () => [],
  readBackups: async () => [],
  readWorkflow: () => Promise.reject(new Error('not asked')),
  newestDeployments: async () => [],
  followDeployments: () => ({ isConnected: () => false, stop: () => {} }),
  change: (name) => {
    changed.push(name)
    return Promise.reject(new Error('changed'))
  },
}

describe('a platform that is only read', () => {
  it.each(Object.entries(inputs))('refuses %s, and says what it would have done', async (name, { input, said }) => {
    const outcome = await readOnly(platform)
      .change(name as ChangeName, input as never)
      .catch((thrown: unknown) => thrown)
    expect(outcome).toMatchObject({
      name: 'OperatorError',
      kind: 'refused',
      message: expect.stringContaining(`It would have ${said}.`),
    })
    expect(inspect(outcome, { depth: 9, showHidden: true })).not.toContain('sentinel')
    expect(changed).toEqual([])
  })

  it('reads as before', async () => {
    expect(await readOnly(platform).findWorkspaces()).toEqual([{ id: 'w', name: 'Acme' }])
  })
})
