import type { Agenda } from '../agenda.ts'
import type { Print } from '../log-writer.ts'
import type { Deployment } from '../model.ts'
import type { CommitBehaviour } from '../repositories.ts'
import { answerAsApp } from './app-answers.ts'
import type { ContainerWatch, HttpAnswer, Runtime } from './runtime.ts'

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

// What the product's own tools would print.
const buildOutput = [
  '[1/4] FROM docker.io/library/php:8.3-fpm-alpine',
  '[2/4] RUN composer install --no-dev --optimize-autoloader',
  '[3/4] RUN npm ci && npm run build',
  '[4/4] COPY . /app',
]
const brokenBuild = [
  'error during build:',
  'Could not resolve "./components/invoice" from "resources/js/app.ts"',
  'ERROR: process "/bin/sh -c npm ci && npm run build" did not complete successfully: exit code: 1',
]
const migrations = [
  '2026_10_01_090000_create_invoices_table .......... 21.40ms DONE',
  '2026_10_14_090000_add_due_date_to_invoices ....... 8.12ms DONE',
]
const brokenMigration = [
  '2026_11_02_090000_add_reference_to_invoices ...... 3.07ms FAIL',
  'SQLSTATE[42701]: Duplicate column: 7 ERROR: column "reference" of relation "invoices" already exists',
]
const crashOutput = [
  'PHP Fatal error:  Uncaught RuntimeException: The application could not boot in /app/bootstrap/app.php:42',
  'Stack trace:',
  '#0 /app/artisan(13): require_once()',
]
const brokenApp = 'production.ERROR: Undefined array key "region" at /app/app/Http/Kernel.php:31'

/** A runtime without processes: how a step ends is written on the commit, when it ends is on the agenda. */
export function simulatedRuntime(agenda: Agenda, timing: SimulatedTiming, print: Print): Runtime {
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

  const crash = (deployment: Deployment, watch: ContainerWatch) => {
    for (const line of crashOutput) print(deployment, 'deploy', line, 'error')
    watch.exited(1)
  }

  return {
    fetchCode: (_deployment, end) => agenda.in(fetchMs, () => end()),
    build: (deployment, end) => {
      const isBroken = behaviourOf(deployment) === 'failing-build'
      for (const line of buildOutput) print(deployment, 'build', line)
      agenda.in(timing.buildMs - fetchMs, () => {
        if (isBroken) for (const line of brokenBuild) print(deployment, 'build', line, 'error')
        else print(deployment, 'build', `Build took ${timing.buildMs / 1000} s`)
        end(isBroken ? 'The build command exited with code 1' : undefined)
      })
    },
    preDeploy: (deployment, command, end) => {
      const isBroken = behaviourOf(deployment) === 'failing-migration'
      print(deployment, 'deploy', `> ${command}`)
      if (command.includes('migrate')) print(deployment, 'deploy', 'INFO  Running migrations.')
      agenda.in(timing.preDeployMs, () => {
        if (isBroken) for (const line of brokenMigration) print(deployment, 'deploy', line, 'error')
        else if (command.includes('migrate')) for (const line of migrations) print(deployment, 'deploy', line)
        end(isBroken ? `"${command}" exited with code 1` : undefined)
      })
    },
    start: (deployment, watch) =>
      agenda.in(timing.startMs, () => {
        watch.started()
        const behaviour = behaviourOf(deployment)
        if (behaviour === 'crash') return crash(deployment, watch)
        if (behaviour !== undefined) {
          print(deployment, 'deploy', `INFO  Server running on [http://0.0.0.0:${deployment.variables.PORT ?? 8080}].`)
        }
        if (behaviour === 'error-500') print(deployment, 'deploy', brokenApp, 'error')
        if (behaviour === 'crash-after-success') agenda.in(shortLifeMs, () => crash(deployment, watch))
      }),
    stop: () => {},
    ask,
    probe: (deployment, path, end) => end(ask(deployment, { method: 'GET', path })?.status),
  }
}

function behaviourOf({ origin }: Deployment): CommitBehaviour | undefined {
  return origin.kind === 'commit' ? origin.commit.behaviour : undefined
}
