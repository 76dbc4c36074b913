import type { ChangeName, Changes, Platform } from '../../src/platform/platform.ts'

/** What a fake does about each kind of change. */
export type FakeActs = {
  [Name in ChangeName]: (input: Changes[Name]['input']) => Promise<Changes[Name]['result']>
}

const never = (name: string) => (): Promise<never> => Promise.reject(new Error(`nobody expected ${name}`))

const noActs: FakeActs = {
  'create-project': never('create-project'),
  'create-environment': never('create-environment'),
  'create-service': never('create-service'),
  'create-volume': never('create-volume'),
  'create-backup': never('create-backup'),
  'create-domain': never('create-domain'),
  'stage-changes': never('stage-changes'),
  'replace-staged': never('replace-staged'),
  'commit-staged': never('commit-staged'),
  'commit-changes': never('commit-changes'),
  'store-variables': never('store-variables'),
  'store-settings': never('store-settings'),
  'follow-branches': never('follow-branches'),
  'set-auto-deploy': never('set-auto-deploy'),
  'deploy-service': never('deploy-service'),
  'deploy-latest-commit': never('deploy-latest-commit'),
  'write-shared-variables': never('write-shared-variables'),
  'rollback-deployment': never('rollback-deployment'),
  'redeploy-deployment': never('redeploy-deployment'),
  'restart-deployment': never('restart-deployment'),
}

/** A platform that can do what a test gives it, and rejects everything else. */
export function aFakePlatform(reading: Partial<Omit<Platform, 'change'>> = {}, acts: Partial<FakeActs> = {}): Platform {
  const known: FakeActs = { ...noActs, ...acts }
  return {
    identify: never('identify'),
    findWorkspaces: never('findWorkspaces'),
    findProjects: never('findProjects'),
    findProject: never('findProject'),
    observe: never('observe'),
    observeAll: never('observeAll'),
    observeRunning: never('observeRunning'),
    readSnapshots: never('readSnapshots'),
    readStaged: never('readStaged'),
    readSharedVariables: never('readSharedVariables'),
    readPatch: never('readPatch'),
    watchDeployments: never('watchDeployments'),
    newestDeployments: never('newestDeployments'),
    // A platform that tells nothing by itself: whoever waits looks.
    followDeployments: () => ({ isConnected: () => false, stop: () => {} }),
    readLogRows: never('readLogRows'),
    readDeploymentsRows: never('readDeploymentsRows'),
    followLogRows: (_source, _windowOf, _signal, { ended }) => {
      ended({ because: 'unreachable', why: 'nothing is streamed here' })
      return { stop: () => {} }
    },
    readAnsweredRequests: never('readAnsweredRequests'),
    readAnsweredByPath: never('readAnsweredByPath'),
    readPast: never('readPast'),
    readBackups: never('readBackups'),
    readWorkflow: never('readWorkflow'),
    ...reading,
    change: (name, input) => known[name](input),
  }
}
