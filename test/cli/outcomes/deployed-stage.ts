import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import type { EnvironmentConfig } from '../../../src/contract/environment-config.ts'
import type { LocalPlatformOptions } from '../../../src/local/index.ts'
import type { RequestRecord } from '../../../src/local/requests.ts'
import { ownVariablePrefix } from '../../../src/plan/compare-variables.ts'
import { notesIn, type OperationNotes } from '../../../src/plan/operation-notes.ts'
import { ContractCaller } from '../../support/contract-caller.ts'
import { aStage, type Ran, type Stage } from '../../support/stage.ts'

export const environments = ['staging', 'production'] as const
/** The services that run, in the order of deployment; `mcp-server` is pending. */
export const services = ['postgres', 'redis', 'api', 'worker', 'scheduler'] as const
export const codeServices = ['api', 'worker', 'scheduler'] as const

export type EnvironmentName = (typeof environments)[number]

/** Both environments of the shipped config, stored; nothing is deployed. */
export async function aStoredStage(options: Partial<LocalPlatformOptions> = {}): Promise<Stage> {
  const stage = await aStage(options)
  await succeeding(stage, ['init', '--yes'])
  return stage
}

/** Staging, stored and deployed, and with `both` production too. */
export async function aDeployedStage(options: Partial<LocalPlatformOptions> & { both?: boolean } = {}): Promise<Stage> {
  const { both = false, ...platform } = options
  const stage = await aStoredStage(platform)
  for (const environment of both ? environments : ['staging']) {
    await succeeding(stage, ['deploy', '-e', environment, '--yes'])
  }
  return stage
}

/** Replacements in the shipped config that switch the monitoring flag on. */
export const monitoringOn = {
  'monitoring: {\n      ...feature,':
    'monitoring: {\n      ...feature,\n      default: true,\n      riskyValue: false,',
}

/** Staging with the monitoring flag on, so that metrics are told. */
export async function aMonitoredStage(replacements: Record<string, string> = {}): Promise<Stage> {
  const stage = await aStage()
  await stage.useConfig(await shippedConfig({ ...monitoringOn, ...replacements }))
  await succeeding(stage, ['init', '--yes'])
  await succeeding(stage, ['deploy', '-e', 'staging', '--yes'])
  return stage
}

/** Runs a command that has to end well. */
export async function succeeding(stage: Stage, argv: string[]): Promise<Ran> {
  const ran = await stage.run(argv)
  expect(ran, `${argv.join(' ')}\n${ran.stderr}`).toMatchObject({ exitCode: 0 })
  return ran
}

/** What is stored in an environment equals the config, by the tool's own word. */
export async function expectEmptyPlan(stage: Stage, environment: string): Promise<void> {
  const { documents } = await succeeding(stage, ['plan', '-e', environment, '--json'])
  expect(documents[0]).toMatchObject({ type: 'plan', changes: [] })
}

/** One environment, asked with plain GraphQL over HTTP. */
export function plainly({ platform, clock }: Stage, environment: EnvironmentName): ContractCaller {
  const caller = new ContractCaller(platform, clock)
  const { id, project } = platform.world.environmentNamed(environment)
  caller.environmentId = id
  caller.projectId = project.id
  return caller
}

export function idOf({ platform }: Stage, service: string): string {
  return platform.world.serviceNamed(service).id
}

/** The deployments of one service, the oldest first. */
export function deploymentsOf({ platform }: Stage, environment: string, service: string) {
  const { world } = platform
  return world.deployments(world.environmentNamed(environment).id, world.serviceNamed(service).id)
}

/** What one service runs: commits, and images where there is no commit. */
export function running(stage: Stage, environment: string, service: string): string[] {
  return deploymentsOf(stage, environment, service)
    .filter(({ status }) => status === 'SUCCESS')
    .map(({ origin }) => (origin.kind === 'image' ? origin.image : origin.commit.sha))
}

/** Commits that run, by service; the code's services only. */
export function commitsOf(stage: Stage, environment: string): Record<string, string[]> {
  return Object.fromEntries(codeServices.map((service) => [service, running(stage, environment, service)]))
}

/** How many deployments each service has ever had in an environment. */
export function deploymentCounts(stage: Stage, environment: string): Record<string, number> {
  return Object.fromEntries(services.map((service) => [service, deploymentsOf(stage, environment, service).length]))
}

/** The same number for every service. */
export function eachService<Value>(value: Value): Record<string, Value> {
  return Object.fromEntries(services.map((service) => [service, value]))
}

interface Inventory {
  project: string
  services: string[]
  volumes: number
  environments: { environment: string; instances: string[]; volumes: string[]; domains: string[] }[]
}

/** Everything that has an id of its own, by name: two of a kind show. */
export function inventory({ platform }: Stage): Inventory[] {
  return Array.from(platform.world.projects.values(), (project) => ({
    project: project.name,
    services: names(project.services.values()),
    volumes: project.volumes.size,
    environments: Array.from(project.environments.values(), (environment) => ({
      environment: environment.name,
      instances: Array.from(environment.instances.values(), ({ service }) => service.name).sort(alphabetically),
      volumes: Array.from(
        environment.volumeInstances.values(),
        ({ serviceId, mountPath, sizeMB }) =>
          `${project.services.get(serviceId ?? '')?.name} ${mountPath} ${sizeMB} MB`,
      ).sort(alphabetically),
      domains: Array.from(environment.instances.values()).flatMap(({ service, domains }) =>
        domains.map(({ targetPort }) => `${service.name} to ${targetPort}`),
      ),
    })).sort((one, other) => alphabetically(one.environment, other.environment)),
  }))
}

function alphabetically(one: string, other: string): number {
  return one.localeCompare(other)
}

function names(things: Iterable<{ name: string }>): string[] {
  return Array.from(things, ({ name }) => name).sort(alphabetically)
}

/** What `inventory` says after a whole `init` of the shipped config. */
export const wholeInventory = [
  {
    project: 'fakturino-production',
    services: ['api', 'postgres', 'redis', 'scheduler', 'worker'],
    volumes: 6,
    environments: ['production', 'staging'].map((environment) => ({
      environment,
      instances: ['api', 'postgres', 'redis', 'scheduler', 'worker'],
      volumes: [
        'api /app/storage/certificates 1024 MB',
        'postgres /var/lib/postgresql/data 10240 MB',
        'redis /data 1024 MB',
      ],
      domains: ['api to 8080'],
    })),
  },
]

/** The operations that changed something since so many requests, but for the notes that commands leave for each other. */
export function mutationsSince({ platform }: Stage, start: number): string[] {
  return platform.requests
    .slice(start)
    .filter((request) => request.kind === 'mutation' && !isNote(request))
    .map(({ operationName = '' }) => operationName)
}

/** Does a request write nothing but the tool's own notes? */
export function isNote({ operationName, variables }: RequestRecord): boolean {
  return operationName === 'WriteVariables' && /"FAKTURINO_(LEASE|OPERATION)"/.test(JSON.stringify(variables))
}

/** The failure that a command with `--json` ended with. */
export function failureOf({ documents, stderr }: Ran): Record<string, unknown> {
  const last = documents.at(-1)
  expect(last, stderr).toMatchObject({ type: 'failure' })
  return last ?? {}
}

/** What one environment's config stores for a variable of a service. */
export function storedValue({ platform }: Stage, environment: string, service: string, variable: string): unknown {
  const { world } = platform
  const { id } = world.serviceNamed(service)
  return world.environmentNamed(environment).config.services?.[id]?.variables?.[variable]?.value
}

/** The text of the shipped config with some of it replaced; what is to be replaced must be there. */
export async function shippedConfig(replacements: Record<string, string>): Promise<string> {
  let text = await readFile(new URL('../../../fakturino.config.ts', import.meta.url), 'utf8')
  for (const [old, other] of Object.entries(replacements)) {
    expect(text, 'the shipped config').toContain(old)
    text = text.replace(old, other)
  }
  return text
}

/** What is stored for an environment besides the notes of commands. */
export function storedWithoutNotes({ platform }: Stage, environment: EnvironmentName): EnvironmentConfig {
  const { sharedVariables = {}, ...config } = platform.world.environmentNamed(environment).config
  const shared = Object.entries(sharedVariables).filter(([name]) => !name.startsWith(ownVariablePrefix))
  return { ...config, sharedVariables: Object.fromEntries(shared) }
}

/** What commands have left for each other in an environment. */
export function notesOf({ platform }: Stage, environment: EnvironmentName = 'staging'): OperationNotes {
  const { sharedVariables = {} } = platform.world.environmentNamed(environment).config
  return notesIn((name) => sharedVariables[name]?.value ?? undefined)
}
