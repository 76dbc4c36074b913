import type { EnvironmentConfig } from '../contract/environment-config.ts'
import {
  CommitChanges,
  CommitStaged,
  CreateBackup,
  CreateCustomDomain,
  CreateEnvironment,
  CreateProject,
  CreateService,
  CreateServiceDomain,
  CreateTrigger,
  CreateVolume,
  DeployLatestCommit,
  DeployService,
  RedeployDeployment,
  RestartDeployment,
  RollbackDeployment,
  SetAutoDeploy,
  StageChanges,
  StoreSettings,
  UpdateTrigger,
  WriteVariables,
} from '../contract/types.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Secret } from '../kit/secret.ts'
import { CombinedRequest } from './combined-request.ts'
import type { GraphqlClient } from './graphql-client.ts'
import type { EnvironmentId } from './ids.ts'
import { id } from './ids.ts'
import type { ObservedPatch } from './observed-state.ts'
import type { ChangeName, Changes } from './platform.ts'
import { valuesIn } from './redact.ts'
import { settingsToInstance, toPatch, toProjectSummary } from './translate.ts'

type ChangeActs = { [Name in ChangeName]: (input: Changes[Name]['input']) => Promise<Changes[Name]['result']> }

/** Every change as its mutation. */
export function graphqlChanges(client: GraphqlClient): ChangeActs {
  async function stage(
    { environmentId, config }: { environmentId: EnvironmentId; config: Secret<EnvironmentConfig> },
    merge: boolean,
  ): Promise<ObservedPatch> {
    const input = config.reveal()
    const { result } = await client.mutate(StageChanges, { environmentId, input, merge }, valuesIn(input))
    return toPatch(result.environmentStageChanges)
  }

  return {
    'create-project': async ({ name, workspaceId, firstEnvironment }) => {
      const input = { name, workspaceId, defaultEnvironmentName: firstEnvironment, prDeploys: false }
      const { result } = await client.mutate(CreateProject, { input })
      return toProjectSummary(result.projectCreate)
    },
    'create-environment': async ({ projectId, name }) => {
      const { result } = await client.mutate(CreateEnvironment, {
        input: { projectId, name, skipInitialDeploys: true },
      })
      return { id: id(result.environmentCreate.id), name: result.environmentCreate.name }
    },
    'create-service': async ({ projectId, environmentId, name }) => {
      const { result } = await client.mutate(CreateService, { input: { projectId, environmentId, name } })
      return { id: id(result.serviceCreate.id), name: result.serviceCreate.name }
    },
    // Without `environmentId` the volume would appear in every environment (PLATFORM.md §8.1).
    'create-volume': async ({ projectId, environmentId, serviceId, mountPath }) => {
      const { result } = await client.mutate(CreateVolume, {
        input: { projectId, environmentId, serviceId, mountPath },
      })
      return { id: id(result.volumeCreate.id) }
    },
    'create-backup': async (input) => {
      const { result } = await client.mutate(CreateBackup, input)
      const { workflowId } = result.volumeInstanceBackupCreate
      return { workflowId: workflowId === null ? undefined : id(workflowId) }
    },
    'create-domain': async ({ projectId, environmentId, serviceId, targetPort, custom }) => {
      if (custom === undefined) {
        const { result } = await client.mutate(CreateServiceDomain, { input: { environmentId, serviceId, targetPort } })
        return { domain: result.serviceDomainCreate.domain }
      }
      const input = { projectId, environmentId, serviceId, targetPort, domain: custom }
      const { result } = await client.mutate(CreateCustomDomain, { input })
      return { domain: result.customDomainCreate.domain }
    },
    'stage-changes': (input) => stage(input, true),
    'replace-staged': (input) => stage(input, false),
    'commit-staged': async ({ environmentId, message }) => {
      await client.mutate(CommitStaged, { environmentId, commitMessage: message })
      return undefined
    },
    'commit-changes': async ({ environmentId, config, message }) => {
      const patch = config.reveal()
      await client.mutate(CommitChanges, { environmentId, patch, commitMessage: message }, valuesIn(patch))
      return undefined
    },
    'store-variables': async ({ projectId, environmentId, services }) => {
      const request = new CombinedRequest('StoreVariables')
      const values: string[] = []
      for (const { serviceId, variables: secret } of services) {
        const variables = secret.reveal()
        values.push(...Object.values(variables))
        request.add(WriteVariables, { input: { projectId, environmentId, serviceId, variables, skipDeploys: true } })
      }
      await client.mutateCombined(request, values)
      return undefined
    },
    'store-settings': async ({ environmentId, services }) => {
      const request = new CombinedRequest('StoreSettings')
      for (const { serviceId, settings, before } of services)
        request.add(StoreSettings, { environmentId, serviceId, input: settingsToInstance(settings, before) })
      await client.mutateCombined(request)
      return undefined
    },
    'follow-branches': async ({ projectId, environmentId, services }) => {
      const request = new CombinedRequest('FollowBranches')
      for (const { serviceId, repository, branch, triggerId } of services) {
        if (triggerId !== undefined) request.add(UpdateTrigger, { id: triggerId, input: { repository, branch } })
        else {
          const input = { projectId, environmentId, serviceId, repository, branch, provider: 'github' }
          request.add(CreateTrigger, { input })
        }
      }
      await client.mutateCombined(request)
      return undefined
    },
    'set-auto-deploy': async ({ projectId, environmentId, services }) => {
      if (services.length === 0) return undefined
      const request = new CombinedRequest('SetAutoDeploy')
      const parts = services.map(({ serviceId, enabled }) => ({
        enabled,
        answerIn: request.add(SetAutoDeploy, { input: { projectId, environmentId, serviceId, enabled } }),
      }))
      const { result } = await client.mutateCombined(request)
      if (parts.some(({ enabled, answerIn }) => answerIn(result).autoDeploy.enabled !== enabled)) {
        throw declined(
          'Auto-deploy did not take the value that was asked for, so pushes may deploy what nobody verified.',
        )
      }
      return undefined
    },
    'deploy-service': async ({ environmentId, serviceId, commit }) => {
      const { result } = await client.mutate(DeployService, {
        environmentId,
        serviceId,
        ...(commit === undefined ? {} : { commitSha: commit }),
      })
      return { deploymentId: id(result.serviceInstanceDeployV2) }
    },
    'deploy-latest-commit': async ({ environmentId, serviceId }) => {
      const { result } = await client.mutate(DeployLatestCommit, { environmentId, serviceId })
      if (!result.serviceInstanceDeploy) throw declined('The platform answered that it deployed nothing.')
      return undefined
    },
    'write-shared-variables': async ({ projectId, environmentId, variables, isParting = false }) => {
      const input = { projectId, environmentId, variables, skipDeploys: true }
      const secrets = Object.entries(variables).flatMap(([name, value]) => (name.endsWith('_KEY') ? [value] : []))
      const { result } = await client.mutate(WriteVariables, { input }, secrets, { isParting })
      if (!result.stored) throw declined('The platform answered that it stored no variables.')
      return undefined
    },
    'rollback-deployment': async ({ service, deploymentId }) => {
      const { result } = await client.mutate(RollbackDeployment, { deploymentId })
      if (!result.deploymentRollback) throw declined(`The platform answered that it did not roll ${service} back.`)
      return undefined
    },
    'redeploy-deployment': async ({ deploymentId }) => {
      const { result } = await client.mutate(RedeployDeployment, { deploymentId })
      return { deploymentId: id(result.redeployed.id) }
    },
    'restart-deployment': async ({ service, deploymentId }) => {
      const { result } = await client.mutate(RestartDeployment, { deploymentId })
      if (!result.deploymentRestart) throw declined(`The platform answered that it did not restart ${service}.`)
      return undefined
    },
  }
}

function declined(message: string): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'platform-refused',
    message,
    hint: "Look at the service's source in Railway's dashboard, then run the command again.",
  })
}
