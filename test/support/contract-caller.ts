import { onTestFinished } from 'vitest'
import type { EnvironmentConfig, ServiceConfig } from '../../src/contract/environment-config.ts'
import { type LocalPlatform, type LocalPlatformOptions, startLocalPlatform } from '../../src/local/index.ts'
import { FakeClock } from './fake-clock.ts'
import { type GraphqlAnswer, graphqlRequestTo, type PlainAnswer, plainRequest } from './graphql-request-to.ts'

export const repository = 'fakturino/app'

/** `${{path}}` */
export function ref(path: string): string {
  return `$\{{${path}}}`
}

/** Long enough for a build, a pre-deploy command and a start. */
export const oneDeployment = 2_000

/** Calls a platform with plain requests, as a client would that knows nothing but the contract. */
export class ContractCaller {
  readonly platform: LocalPlatform
  readonly clock: FakeClock
  projectId = ''
  environmentId = ''

  constructor(platform: LocalPlatform, clock: FakeClock) {
    this.platform = platform
    this.clock = clock
  }

  get asAccount(): Record<string, string> {
    return { authorization: `Bearer ${this.platform.address.tokens.account}` }
  }

  get asWorkspace(): Record<string, string> {
    return { authorization: `Bearer ${this.platform.address.tokens.workspace}` }
  }

  asProject(environment: string): Record<string, string> {
    return { 'project-access-token': this.platform.address.tokens.project[environment] ?? '' }
  }

  post(query: string, variables: Record<string, unknown> = {}, headers = this.asAccount): Promise<GraphqlAnswer> {
    return graphqlRequestTo(this.platform.address.endpoint, headers, { query, variables })
  }

  /** What stands at the path (`environment.config`) of a faultless answer's data. */
  async read(
    path: string,
    query: string,
    variables: Record<string, unknown> = {},
    headers = this.asAccount,
  ): Promise<unknown> {
    const { json, body } = await this.post(query, variables, headers)
    if (json.errors !== undefined) throw new Error(`${query}: ${body}`)
    return valueAt(json.data, path)
  }

  async text(path: string, query: string, variables: Record<string, unknown> = {}): Promise<string> {
    const value = await this.read(path, query, variables)
    if (typeof value !== 'string') throw new Error(`${path} is no text: ${JSON.stringify(value)}`)
    return value
  }

  async rows(path: string, query: string, variables: Record<string, unknown> = {}): Promise<Record<string, unknown>[]> {
    const edges = (await this.read(`${path}.edges`, query, variables)) as { node: Record<string, unknown> }[]
    return edges.map(({ node }) => node)
  }

  /** The first error's message. */
  async refusal(query: string, variables: Record<string, unknown> = {}, headers = this.asAccount): Promise<string> {
    const { json, body } = await this.post(query, variables, headers)
    const message = json.errors?.[0]?.message
    if (message === undefined) throw new Error(`Not refused: ${body}`)
    return message
  }

  async makeProject(name = 'shop'): Promise<void> {
    const query =
      'mutation($input: ProjectCreateInput!) { projectCreate(input: $input) { id environments { edges { node { id } } } } }'
    const project = (await this.read('projectCreate', query, { input: { name } })) as {
      id: string
      environments: { edges: { node: { id: string } }[] }
    }
    this.projectId = project.id
    this.environmentId = project.environments.edges[0]?.node.id ?? ''
  }

  makeEnvironment(name: string): Promise<string> {
    const query = 'mutation($input: EnvironmentCreateInput!) { environmentCreate(input: $input) { id } }'
    return this.text('environmentCreate.id', query, {
      input: { projectId: this.projectId, name, skipInitialDeploys: true },
    })
  }

  /** An empty service, then its settings, stored without a deployment. */
  async makeService(name: string, settings?: ServiceConfig): Promise<string> {
    const query = 'mutation($input: ServiceCreateInput!) { serviceCreate(input: $input) { id } }'
    const { projectId, environmentId } = this
    const id = await this.text('serviceCreate.id', query, { input: { projectId, environmentId, name } })
    if (settings !== undefined) await this.store({ services: { [id]: settings } })
    return id
  }

  /** A service on the repository's `main`. */
  makeApp(name: string, settings: ServiceConfig = {}): Promise<string> {
    return this.makeService(name, { source: { repo: repository, branch: 'main' }, ...settings })
  }

  stage(input: EnvironmentConfig, merge = true): Promise<string> {
    const query =
      'mutation($e: String!, $input: EnvironmentConfig!, $merge: Boolean) { environmentStageChanges(environmentId: $e, input: $input, merge: $merge) { id } }'
    return this.text('environmentStageChanges.id', query, { e: this.environmentId, input, merge })
  }

  commitStaged(skipDeploys: boolean, commitMessage = 'store'): Promise<string> {
    return this.text('environmentPatchCommitStaged', commitStagedMutation, {
      e: this.environmentId,
      commitMessage,
      skipDeploys,
    })
  }

  async store(config: EnvironmentConfig): Promise<void> {
    await this.stage(config)
    await this.commitStaged(true)
  }

  commit(patch: EnvironmentConfig, commitMessage = 'change'): Promise<string> {
    return this.text('environmentPatchCommit', commitMutation, { e: this.environmentId, patch, commitMessage })
  }

  config(decrypt: boolean | null = true, environmentId = this.environmentId): Promise<EnvironmentConfig> {
    const query = 'query($id: String!, $d: Boolean) { environment(id: $id) { config(decryptVariables: $d) } }'
    return this.read('environment.config', query, { id: environmentId, d: decrypt }) as Promise<EnvironmentConfig>
  }

  deploy(serviceId: string, commitSha?: string, environmentId = this.environmentId): Promise<string> {
    return this.text('serviceInstanceDeployV2', deployMutation, { s: serviceId, e: environmentId, commitSha })
  }

  /** A deployment, once it had the time that a healthy one needs. */
  async deployed(serviceId: string, commitSha?: string): Promise<string> {
    const id = await this.deploy(serviceId, commitSha)
    this.clock.advance(oneDeployment)
    return id
  }

  async status(deploymentId: string): Promise<unknown> {
    return this.read('deployment.status', 'query($id: String!) { deployment(id: $id) { status } }', {
      id: deploymentId,
    })
  }

  async deployment(deploymentId: string): Promise<Record<string, unknown>> {
    const query =
      'query($id: String!) { deployment(id: $id) { id status createdAt deploymentStopped canRollback canRedeploy meta serviceId environmentId instances { id status } } }'
    return (await this.read('deployment', query, { id: deploymentId })) as Record<string, unknown>
  }

  /** The newest first. */
  deployments(serviceId: string): Promise<Record<string, unknown>[]> {
    const query =
      'query($input: DeploymentListInput!) { deployments(input: $input, first: 500) { edges { node { id status meta } } } }'
    return this.rows('deployments', query, { input: { environmentId: this.environmentId, serviceId } })
  }

  events(deploymentId: string): Promise<Record<string, unknown>[]> {
    const query =
      'query($id: String!) { deploymentEvents(id: $id, first: 100) { edges { node { step completedAt payload { error reason } } } } }'
    return this.rows('deploymentEvents', query, { id: deploymentId })
  }

  async snapshot(deploymentId: string): Promise<Record<string, string>> {
    const query = 'query($id: String!) { deploymentSnapshot(deploymentId: $id) { variables } }'
    return (await this.read('deploymentSnapshot.variables', query, { id: deploymentId })) as Record<string, string>
  }

  async variables(serviceId: string | null, unrendered?: boolean | null): Promise<Record<string, string>> {
    const query =
      'query($p: String!, $e: String!, $s: String, $u: Boolean) { variables(projectId: $p, environmentId: $e, serviceId: $s, unrendered: $u) }'
    const asked = { p: this.projectId, e: this.environmentId, s: serviceId, u: unrendered }
    return (await this.read('variables', query, asked)) as Record<string, string>
  }

  /** The ids of what runs in one service, the newest first. */
  async active(serviceId: string): Promise<string[]> {
    const query =
      'query($id: String!) { environment(id: $id) { serviceInstances(first: 500) { edges { node { serviceId activeDeployments { id } } } } } }'
    const rows = await this.rows('environment.serviceInstances', query, { id: this.environmentId })
    const row = rows.find((other) => other.serviceId === serviceId)
    return ((row?.activeDeployments ?? []) as { id: string }[]).map(({ id }) => id)
  }

  makeDomain(serviceId: string, targetPort?: number | null): Promise<string> {
    const input = { serviceId, environmentId: this.environmentId, targetPort }
    return this.text('serviceDomainCreate.domain', serviceDomainMutation, { input })
  }

  makeVolume(serviceId: string, mountPath = '/data'): Promise<string> {
    const input = { projectId: this.projectId, environmentId: this.environmentId, serviceId, mountPath }
    return this.text('volumeCreate.id', volumeMutation, { input })
  }

  /** Asks the edge for a path of that host. */
  edge(host: string, path = '/'): Promise<PlainAnswer> {
    const { edge } = this.platform.address
    return plainRequest(`http://${edge.host}:${edge.port}${path}`, { headers: { host } })
  }
}

export const commitStagedMutation =
  'mutation($e: String!, $commitMessage: String, $skipDeploys: Boolean) { environmentPatchCommitStaged(environmentId: $e, commitMessage: $commitMessage, skipDeploys: $skipDeploys) }'
export const commitMutation =
  'mutation($e: String!, $patch: EnvironmentConfig, $commitMessage: String) { environmentPatchCommit(environmentId: $e, patch: $patch, commitMessage: $commitMessage) }'
export const deployMutation =
  'mutation($s: String!, $e: String!, $commitSha: String) { serviceInstanceDeployV2(serviceId: $s, environmentId: $e, commitSha: $commitSha) }'
export const serviceDomainMutation =
  'mutation($input: ServiceDomainCreateInput!) { serviceDomainCreate(input: $input) { id domain targetPort } }'
export const volumeMutation = 'mutation($input: VolumeCreateInput!) { volumeCreate(input: $input) { id name } }'

/** A started platform with an empty workspace, and a caller for it; stopped when the test ends. */
export async function aPlatform(options: Partial<LocalPlatformOptions> = {}): Promise<ContractCaller> {
  const clock = new FakeClock()
  const platform = await startLocalPlatform({
    clock,
    repositories: [{ name: repository, branches: { main: [{ message: 'First' }] } }],
    ...options,
  })
  onTestFinished(() => platform.stop())
  return new ContractCaller(platform, clock)
}

/** The same with a project whose one environment is `production`. */
export async function aProject(options: Partial<LocalPlatformOptions> = {}): Promise<ContractCaller> {
  const caller = await aPlatform(options)
  await caller.makeProject()
  return caller
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, key) => (at === null || at === undefined ? at : (at as Record<string, unknown>)[key]), value)
}
