import type { DesiredState } from '../config/desired.ts'
import { nothingWatched } from '../config/watched.ts'
import type { ObservedState } from '../platform/observed-state.ts'
import type { CheckResult } from '../verify/check.ts'
import type { CheckedService, CheckNeeds, Look } from '../verify/check-subject.ts'
import type { CheckKind } from '../verify/checks/index.ts'
import type { Figure } from '../verify/figures.ts'
import { runChecks } from '../verify/run-checks.ts'
import { type Verdict, verdict } from '../verify/verdict.ts'

/** What checks found in one environment. */
export interface EnvironmentCheck {
  project: string
  environment: string
  /** RFC 3339: when it was looked at. */
  at: string
  verdict: Verdict
  checks: CheckResult[]
  /** Every metric of the config that a page could be read for. */
  metrics: Figure[]
}

export interface CheckRequest {
  state: ObservedState
  /** Absent where no config says what is wanted: then every service that is there is asked what the platform knows of it. */
  desired: DesiredState | undefined
  /** Names of services; all of them when absent. */
  services?: readonly string[]
  /** What was seen before in this watch, the oldest first. */
  earlier?: readonly Look[]
  /** Since when errors count (milliseconds, by the platform's clock), where it is not the usual while. */
  since?: number
  /** These kinds only. */
  only?: readonly CheckKind[]
}

/** Asks one environment everything that its config wants to know, and judges it. Costs three requests or so, and no writing. */
export async function checkEnvironment(
  { state, desired, services: names, earlier = [], since, only }: CheckRequest,
  needs: CheckNeeds,
): Promise<{ check: EnvironmentCheck; look: Look }> {
  const known = checkedServices(state, desired)
  const all = [...known.map(({ name }) => name), ...(desired?.pending ?? []).map(({ name }) => name)]
  const chosen = all.filter((name) => names === undefined || names.includes(name))
  const { results, look } = await runChecks(
    {
      state,
      chosen,
      services: known.filter(({ name }) => chosen.includes(name)),
      watched: desired?.watched ?? nothingWatched,
      earlier,
      ...(since === undefined ? {} : { since }),
    },
    needs,
    only,
  )
  const check = {
    project: state.project.name,
    environment: state.environment.name,
    at: new Date(look.at).toISOString(),
    verdict: verdict(results),
    checks: results,
    metrics: [...look.figures],
  }
  return { check, look }
}

/** The services to ask, as the config wants them; without one, as they are stored. */
export function checkedServices(state: ObservedState, desired: DesiredState | undefined): CheckedService[] {
  return desired === undefined ? state.services.map(bySettings) : desired.services.map(byConfig)
}

function byConfig({ name, liveness, domain, codebase, settings }: DesiredState['services'][number]): CheckedService {
  return {
    name,
    ...(liveness === undefined ? {} : { liveness }),
    ...(domain === undefined ? {} : { targetPort: domain.targetPort }),
    ...(codebase === undefined ? {} : { codebase }),
    ...(settings.replicas === undefined ? {} : { replicas: settings.replicas }),
  }
}

/** The platform asks that path itself, while it deploys. */
function bySettings({ name, settings, domains }: ObservedState['services'][number]): CheckedService {
  const { healthcheckPath, repo, branch, replicas } = settings
  const targetPort = domains.find(({ kind }) => kind === 'generated')?.targetPort
  return {
    name,
    ...(healthcheckPath === undefined || domains.length === 0
      ? {}
      : { liveness: { path: healthcheckPath, status: 200 } }),
    ...(targetPort === undefined ? {} : { targetPort }),
    ...(repo === undefined ? {} : { codebase: `${repo}#${branch ?? ''}` }),
    ...(replicas === undefined ? {} : { replicas }),
  }
}
