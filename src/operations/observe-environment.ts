import { nearest } from '../config/nearest.ts'
import { own } from '../config/own.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed, printable } from '../kit/text.ts'
import type { EnvironmentId, ProjectId } from '../platform/ids.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { EnvironmentSummary, Platform, ProjectSummary, Target } from '../platform/platform.ts'

/** The environment that is asked for, and everything known about where it is. */
export interface WantedEnvironment {
  /** By name; used when no id is known. */
  project: { name: string; id?: ProjectId }
  /** By name; absent only where a project token, or an id, says which one. */
  environment: { name?: string; id?: EnvironmentId }
  /** Name or id; needed only when the token reaches several workspaces. */
  workspace?: string
  /** A project token knows its own place, and no other. */
  byProjectToken: boolean
}

/** Ids that an earlier command saw. Only a hint: they are checked by name, and dropped when they do not fit. */
export interface KnownIds {
  recall(project: string): Promise<{ projectId: ProjectId; environments: Record<string, EnvironmentId> } | undefined>
  remember(project: { id: ProjectId; name: string }, environments: { id: EnvironmentId; name: string }[]): Promise<void>
}

export interface ObserveNeeds {
  platform: Platform
  knownIds: KnownIds
}

/** What is read on top of a state. */
export type Asking = Parameters<Platform['observe']>[1]

/** Either the whole state, or how far the way there leads: a project without the environment, or nothing. */
export type Found = { kind: 'found'; state: ObservedState } | { kind: 'missing'; project: ProjectSummary | undefined }

/**
 * Finds an environment and reads it: one request when its ids are known, two or three more when only names are.
 * @param asking what is read on top, in the same request
 */
export async function observeEnvironment(
  wanted: WantedEnvironment,
  needs: ObserveNeeds,
  asking?: Asking,
): Promise<Found> {
  if (wanted.byProjectToken) return { kind: 'found', state: await observeByToken(wanted, needs, asking) }
  const target = await knownTarget(wanted, needs.knownIds)
  if (target !== undefined) {
    const state = await observeKnown(target, wanted, needs.platform, asking)
    if (state !== undefined) {
      await remember(state, needs.knownIds)
      return { kind: 'found', state }
    }
  }
  const project = await findProject(wanted, needs.platform)
  const environment = project?.environments.find((candidate) =>
    wanted.environment.id === undefined
      ? candidate.name === wanted.environment.name
      : candidate.id === wanted.environment.id,
  )
  if (project === undefined || environment === undefined) return { kind: 'missing', project }
  refuseRestricted(environment)
  const state = await needs.platform.observe({ projectId: project.id, environmentId: environment.id }, asking)
  await remember(state, needs.knownIds)
  return { kind: 'found', state: checkedName(state, wanted) }
}

/** The failure of a command that needs an environment and found none; only `init` makes them. */
export function notThere(
  project: { name: string; exists: boolean; environments?: readonly { name: string }[] | undefined },
  { name: environment, id }: WantedEnvironment['environment'],
): OperatorError {
  if (environment === undefined && project.exists) return noSuchId(id ?? '', project.name)
  const known = (project.environments ?? []).map(({ name }) => name)
  const meant = environment === undefined ? undefined : nearest(environment, known)
  return new OperatorError({
    kind: 'usage',
    code: project.exists ? 'environment-missing' : 'project-missing',
    message: project.exists
      ? `Project ${project.name} has no environment ${environment}${meant === undefined ? '' : `; it has ${listed(known)}`}.`
      : `The token reaches no project called ${project.name}.`,
    hint: meant === undefined ? 'To set it up, run: fakturino init' : `Did you mean -e ${shellWord(meant)}?`,
  })
}

/** The failure where no environment has an id that somebody set. */
export function noSuchId(id: string, project: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'environment-missing',
    message: `Project ${project} has no environment with the id ${printable(id)} (RAILWAY_ENVIRONMENT_ID) that this token reaches.`,
    hint: 'Name the environment with -e, or set RAILWAY_ENVIRONMENT_ID to an id of this project.',
  })
}

/** The project of that name, or of that id, that the token reaches; undefined when there is none. */
export async function findProject(
  wanted: Pick<WantedEnvironment, 'project' | 'workspace'>,
  platform: Platform,
): Promise<ProjectSummary | undefined> {
  if (wanted.project.id !== undefined) return platform.findProject(wanted.project.id)
  const workspaces = await chosenWorkspaces(wanted.workspace, platform)
  const projects: ProjectSummary[] = []
  for (const workspace of workspaces) {
    const found = await platform.findProjects(workspace.id)
    projects.push(...found.filter((project) => project.name === wanted.project.name))
  }
  if (projects.length > 1) {
    throw new OperatorError({
      kind: 'usage',
      code: 'workspace-ambiguous',
      message: `${projects.length} projects are called ${wanted.project.name}, and which one is meant would be a guess.`,
      hint: `Name it by its id: ${projects.map((project) => `--project ${project.id}`).join(', or ')}.`,
    })
  }
  return projects[0]
}

/** An environment that is listed and that the token may not touch is told before anything is asked of it. */
export function refuseRestricted({ name, isAccessible }: EnvironmentSummary): void {
  if (isAccessible) return
  throw new OperatorError({
    kind: 'denied',
    code: 'not-authorized',
    message: `Environment ${name} is restricted for this token: it is listed, and may be neither read nor changed.`,
    hint: `Use a token of somebody who may access ${name}, or have the environment opened for this one.`,
  })
}

/** The workspaces to look in: the named one, or all that the token reaches. */
export async function chosenWorkspaces(named: string | undefined, platform: Platform) {
  const workspaces = await platform.findWorkspaces()
  if (named === undefined) return workspaces
  const chosen = workspaces.filter((workspace) => workspace.id === named || workspace.name === named)
  if (chosen.length > 0) return chosen
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `The token reaches no workspace called ${named}.`,
    hint: `It reaches ${listed(workspaces.map((workspace) => workspace.name)) || 'none'}.`,
  })
}

async function observeByToken(
  wanted: WantedEnvironment,
  { platform }: ObserveNeeds,
  asking: Asking,
): Promise<ObservedState> {
  const state = await platform.observe('token', asking)
  const { project, environment } = wanted
  const isOtherProject =
    project.id === undefined
      ? project.name !== '' && project.name !== state.project.name
      : project.id !== state.project.id
  if (isOtherProject) throw tokenOfAnotherProject(project.name, state)
  const isOther =
    (environment.name !== undefined && environment.name !== state.environment.name) ||
    (environment.id !== undefined && environment.id !== state.environment.id)
  if (!isOther) return state
  throw new OperatorError({
    kind: 'denied',
    code: 'token-elsewhere',
    message: `The project token is for environment ${state.environment.name} of ${state.project.name}, and ${environment.name ?? environment.id} was asked for. A project token reaches one environment only.`,
    hint: `Set RAILWAY_TOKEN to a token of ${environment.name ?? environment.id}, or pass -e ${state.environment.name}.`,
  })
}

/** Nearly every project has an environment called production: only the project tells whose it is. */
function tokenOfAnotherProject(wanted: string, state: ObservedState): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'token-elsewhere',
    message: `The project token is for project ${state.project.name}, and ${wanted} was asked for. A project token reaches its own project only.`,
    hint: `Set RAILWAY_TOKEN to a token of ${wanted}; or, if ${state.project.name} is meant, name it in the config or with --project.`,
  })
}

async function knownTarget(wanted: WantedEnvironment, knownIds: KnownIds): Promise<Target | undefined> {
  const { project, environment } = wanted
  if (project.id !== undefined && environment.id !== undefined)
    return { projectId: project.id, environmentId: environment.id }
  // Which workspace the ids are of is not remembered.
  if (wanted.workspace !== undefined) return undefined
  const known = await knownIds.recall(project.name)
  if (known === undefined || (project.id !== undefined && known.projectId !== project.id)) return undefined
  const environmentId =
    environment.id ?? (environment.name === undefined ? undefined : own(known.environments, environment.name))
  return environmentId === undefined ? undefined : { projectId: known.projectId, environmentId }
}

/** Reads by ids; undefined when they turn out to be somebody else's, or nobody's any more. */
async function observeKnown(
  target: Target,
  wanted: WantedEnvironment,
  platform: Platform,
  asking: Asking,
): Promise<ObservedState | undefined> {
  const isGiven = wanted.project.id !== undefined && wanted.environment.id !== undefined
  try {
    const state = await platform.observe(target, asking)
    const fits =
      (wanted.environment.name === undefined || state.environment.name === wanted.environment.name) &&
      (wanted.project.id !== undefined || state.project.name === wanted.project.name)
    if (fits || isGiven) return checkedName(state, wanted)
    return undefined
  } catch (error) {
    const isStale =
      error instanceof OperatorError && (error.code === 'not-found' || error.code === 'not-authorized') && !isGiven
    if (isStale) return undefined
    throw error
  }
}

function checkedName(state: ObservedState, { environment }: WantedEnvironment): ObservedState {
  if (environment.name === undefined || environment.name === state.environment.name) return state
  throw new OperatorError({
    kind: 'usage',
    code: 'unknown-environment',
    message: `RAILWAY_ENVIRONMENT_ID names environment ${state.environment.name}, and ${environment.name} was asked for.`,
    hint: 'Unset RAILWAY_ENVIRONMENT_ID, or ask for the environment that it names.',
  })
}

async function remember(state: ObservedState, knownIds: KnownIds): Promise<void> {
  await knownIds.remember(state.project, state.environments)
}
