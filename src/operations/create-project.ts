import type { DesiredState } from '../config/desired.ts'
import { OperatorError } from '../kit/errors.ts'
import { listed } from '../kit/text.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { Platform, ProjectSummary, Target } from '../platform/platform.ts'
import { type CreateNeeds, createServices } from './create-missing.ts'
import { chosenWorkspaces, type WantedEnvironment } from './observe-environment.ts'
import type { Place } from './read-places.ts'

interface MakeRequest {
  desired: readonly DesiredState[]
  wanted: Pick<WantedEnvironment, 'workspace'>
}

/** The project and its environments, each made only where it is missing. */
export async function createProject(
  request: MakeRequest,
  found: ProjectSummary | undefined,
  places: readonly Place[],
  needs: CreateNeeds,
): Promise<ProjectSummary> {
  const project = found ?? (await makeProject(request, places, needs))
  const environments = [...project.environments]
  for (const { plan } of places) {
    if (environments.some((environment) => environment.name === plan.environment)) continue
    needs.checkpoint()
    const made = await needs.platform.change('create-environment', { projectId: project.id, name: plan.environment })
    await needs.report({ type: 'environment-created', environment: plan.environment })
    environments.push({ ...made, isEphemeral: false, isAccessible: true })
  }
  return { ...project, environments }
}

async function makeProject(
  request: MakeRequest,
  places: readonly Place[],
  needs: CreateNeeds,
): Promise<ProjectSummary> {
  const workspace = await oneWorkspace(request.wanted.workspace, needs.platform)
  const first = places.find(({ desired }) => desired.environment.protected) ?? places[0]
  if (first === undefined) throw new Error('a config without environments was set up')
  needs.checkpoint()
  const made = await needs.platform.change('create-project', {
    name: first.plan.project,
    workspaceId: workspace,
    firstEnvironment: first.plan.environment,
  })
  await needs.report({ type: 'project-created', project: made.name, environment: first.plan.environment })
  return made
}

async function oneWorkspace(named: string | undefined, platform: Platform) {
  const [workspace, ...others] = await chosenWorkspaces(named, platform)
  if (workspace !== undefined && others.length === 0) return workspace.id
  const names = [workspace, ...others].flatMap((candidate) => candidate?.name ?? [])
  throw new OperatorError({
    kind: 'usage',
    code: 'workspace-ambiguous',
    message:
      names.length === 0
        ? 'The token reaches no workspace in which a project could be made.'
        : `The token reaches several workspaces (${listed(names)}), and in which one to make the project would be a guess.`,
    hint: names.length === 0 ? 'Use an account or workspace token in RAILWAY_API_TOKEN.' : 'Name one with --workspace.',
  })
}

/**
 * Every environment as it is once the project has all its services. Where the project was there before, it is asked what it has
 * first: a service is made once per project, and another environment may have it already.
 */
export async function withServices(
  request: MakeRequest,
  wasThere: boolean,
  targets: Target[],
  places: readonly Place[],
  needs: CreateNeeds,
): Promise<[Place, ObservedState][]> {
  const [target] = targets
  if (target === undefined) return []
  let states = wasThere ? await needs.platform.observeAll(targets) : []
  const there = new Set(
    states.flatMap((state) => [...state.services, ...state.servicesElsewhere].map(({ name }) => name)),
  )
  const wanted = new Set(request.desired.flatMap((desired) => desired.services.map((service) => service.name)))
  const made = await createServices(
    target,
    [...wanted].filter((name) => !there.has(name)),
    needs,
  )
  if (made || !wasThere) states = await needs.platform.observeAll(targets)
  return places.flatMap((place, index): [Place, ObservedState][] => {
    const state = states[index]
    return state === undefined ? [] : [[place, state]]
  })
}

export function environmentIdOf(project: ProjectSummary, { plan }: Place) {
  const found = project.environments.find((environment) => environment.name === plan.environment)
  if (found === undefined) throw new Error(`environment ${plan.environment} was not made`)
  return found.id
}
