import type { Agenda } from '../agenda.ts'
import type { Deployment } from '../model.ts'
import type { CommitBehaviour } from '../repositories.ts'
import { answerAsApp } from './app-answers.ts'
import type { HttpAnswer, Runtime } from './runtime.ts'

export interface SimulatedTiming {
  /** From the new deployment to its image, fetching the code included. */
  buildMs: number
  preDeployMs: number
  startMs: number
}

export const simulatedTiming: SimulatedTiming = { buildMs: 1000, preDeployMs: 500, startMs: 500 }

/** How long the process of a `crash-after-success` commit lives. */
const shortLifeMs = 1_000
/** How long a `slow` commit boots before anything listens. */
const slowBootMs = 30_000

/** A runtime without processes: how a step ends is written on the commit, when it ends is on the agenda. */
export function simulatedRuntime(agenda: Agenda, timing: SimulatedTiming): Runtime {
  const fetchMs = Math.min(100, timing.buildMs / 2)

  const ask = (deployment: Deployment, question: { method: string; path: string }): HttpAnswer | undefined => {
    const behaviour = behaviourOf(deployment)
    if (deployment.startedAt === undefined) return undefined
    // An image without a health check is a database here: it speaks no HTTP.
    if (behaviour === undefined && !deployment.settings.deploy?.healthcheckPath) return undefined
    // It is gone before it listens.
    if (behaviour === 'crash') return undefined
    if (behaviour === 'slow' && agenda.now() - deployment.startedAt < slowBootMs) return undefined
    return answerAsApp({
      question,
      variables: deployment.variables,
      now: agenda.now(),
      startedAt: deployment.startedAt,
      isBroken: behaviour === 'error-500',
      isWrongRevision: behaviour === 'wrong-revision',
    })
  }

  return {
    fetchCode: (_deployment, end) => agenda.in(fetchMs, () => end()),
    build: (deployment, end) =>
      agenda.in(timing.buildMs - fetchMs, () =>
        end(behaviourOf(deployment) === 'failing-build' ? 'The build command exited with code 1' : undefined),
      ),
    preDeploy: (deployment, command, end) =>
      agenda.in(timing.preDeployMs, () =>
        end(behaviourOf(deployment) === 'failing-migration' ? `"${command}" exited with code 1` : undefined),
      ),
    start: (deployment, watch) =>
      agenda.in(timing.startMs, () => {
        watch.started()
        const behaviour = behaviourOf(deployment)
        if (behaviour === 'crash') watch.exited(1)
        if (behaviour === 'crash-after-success') agenda.in(shortLifeMs, () => watch.exited(1))
      }),
    stop: () => {},
    ask,
    probe: (deployment, path, end) => end(ask(deployment, { method: 'GET', path })?.status),
  }
}

function behaviourOf({ origin }: Deployment): CommitBehaviour | undefined {
  return origin.kind === 'commit' ? origin.commit.behaviour : undefined
}
