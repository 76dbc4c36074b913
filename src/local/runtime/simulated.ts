import type { Agenda } from '../agenda.ts'
import type { Condition } from '../condition.ts'
import type { Print } from '../log-writer.ts'
import type { Deployment } from '../model.ts'
import type { CommitBehaviour } from '../repositories.ts'
import type { SshAnswer } from '../ssh-command.ts'
import { errorPage } from './answer-shapes.ts'
import { answerAsApp } from './app-answers.ts'
import { runArtisan } from './artisan.ts'
import type { ArtisanPlace } from './artisan-answer.ts'
import { artisanInfo } from './artisan-lines.ts'
import { feltCondition, makeConfigCache, readVariables } from './felt-condition.ts'
import { Migrations } from './migrations.ts'
import { type JobCounts, Queues } from './queues.ts'
import type { ContainerWatch, HttpAnswer, HttpQuestion, Runtime } from './runtime.ts'
import { runSchedule } from './scheduler.ts'
import { runShellLine } from './shell-commands.ts'
import {
  failedRequestLines,
  type SpeechName,
  type SpokenLine,
  speeches,
  waitingForDatabase,
  waitMs,
} from './spoken-lines.ts'
import { appProcess, queueConnection } from './start-command.ts'

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
const crashOutput = [
  'PHP Fatal error:  Uncaught RuntimeException: The application could not boot in /app/bootstrap/app.php:42',
  'Stack trace:',
  '#0 /app/artisan(13): require_once()',
]
const brokenApp = 'production.ERROR: Undefined array key "region" at /app/app/Http/Kernel.php:31'

interface SimulatedNeeds {
  agenda: Agenda
  timing: SimulatedTiming
  print: Print
  /** Lets so much time pass for somebody who waits for an answer. */
  pause: (ms: number) => Promise<void>
  id: () => string
}

/** A runtime whose containers are the product's, and can be made to work and to speak. */
export interface SimulatedRuntime extends Runtime {
  /** As many jobs on a queue of the connection that this deployment's containers have in their variables. */
  dispatch(deployment: Deployment, queue: string, amount: number): JobCounts
  /** Prints something in the name of a deployment, and answers how many rows it was. */
  say(deployment: Deployment, speech: SpeechName): number
  /** Runs artisan wherever its code is. */
  runArtisanAt(place: ArtisanPlace, words: readonly string[], where?: { unknownHost?: string }): SshAnswer
  /** Runs a command in a container of a deployment that is up. */
  runIn(deployment: Deployment, command: readonly string[]): SshAnswer
}

/** A runtime without processes: how a step ends is written on the commit, when it ends is on the agenda. */
export function simulatedRuntime({ agenda, timing, print, pause, id }: SimulatedNeeds): SimulatedRuntime {
  const fetchMs = Math.min(100, timing.buildMs / 2)
  const queues = new Queues(agenda, print)
  const migrations = new Migrations()
  // By condition: a new one counts from the start.
  const asked = new WeakMap<Condition, number>()

  const printAll = (deployment: Deployment, lines: readonly SpokenLine[]) => {
    for (const { message, severity } of lines) print(deployment, 'deploy', message, severity)
  }

  const counts = ({ instance, variables }: Deployment) =>
    queues.counts(instance.environment, queueConnection(variables))

  const answer = (deployment: Deployment, question: HttpQuestion): HttpAnswer | undefined => {
    const behaviour = behaviourOf(deployment)
    const process = appProcess(deployment)
    if (deployment.startedAt === undefined) return undefined
    // An image without a health check is a database here: it speaks no HTTP.
    if (behaviour === undefined && !deployment.settings.deploy?.healthcheckPath) return undefined
    if (process.kind === 'worker' || process.kind === 'scheduler') return undefined
    const condition = feltCondition(deployment, agenda.now())
    // It is gone before it listens.
    if (behaviour === 'crash' || condition.crashesOnStart) return undefined
    if (behaviour === 'slow' && agenda.now() - deployment.startedAt < slowBootMs) return undefined
    const nth = (asked.get(condition) ?? 0) + 1
    asked.set(condition, nth)
    if (condition.failsEvery !== undefined && nth % condition.failsEvery === 0) {
      printAll(deployment, failedRequestLines(agenda.now(), false))
      return errorPage
    }
    const given = answerAsApp({
      question,
      variables: readVariables(deployment, agenda.now()),
      now: agenda.now(),
      startedAt: deployment.startedAt,
      isBroken: behaviour === 'error-500',
      isWrongRevision: behaviour === 'wrong-revision',
      isMcpServer: process.kind === 'mcp-server',
      condition,
      jobs: counts(deployment),
    })
    if (given.status === 500 && condition.database === 'down')
      printAll(deployment, failedRequestLines(agenda.now(), true))
    return given
  }

  /** Runs what a command asks of artisan, and prints it as artisan does; what it asks of others goes well without a word. */
  const runCommand = (deployment: Deployment, command: string): number =>
    runShellLine(command, (words) => {
      const at = words.findIndex((word, index) => word === 'php' && words[index + 1] === 'artisan')
      if (at === -1) return 0
      const { exitCode, stdout } = runArtisan(deployment, words.slice(at + 2), { migrations, now: agenda.now() })
      // A row of a log has no indent, and there are no empty ones.
      const rows = stdout.split('\n').flatMap((row) => row.trim() || [])
      const broken = rows.findIndex((row) => row.endsWith(' FAIL') || /^In \S+ line \d+:$/.test(row))
      for (const [index, row] of rows.entries()) {
        print(deployment, 'deploy', row, broken !== -1 && index >= broken ? 'error' : 'info')
      }
      return exitCode
    })

  const crash = (deployment: Deployment, watch: ContainerWatch) => {
    for (const line of crashOutput) print(deployment, 'deploy', line, 'error')
    watch.exited(1)
  }

  const listen = (deployment: Deployment) => {
    print(deployment, 'deploy', `INFO  Server running on [http://0.0.0.0:${deployment.variables.PORT ?? 8080}].`)
  }

  /** What its code does once it runs. */
  const run = (deployment: Deployment, behaviour: CommitBehaviour, isCurrent: () => boolean) => {
    const process = appProcess(deployment)
    if (process.kind === 'worker') {
      const list = process.queues.join(',')
      const noun = process.queues.length === 1 ? 'queue' : 'queues'
      print(deployment, 'deploy', artisanInfo(`Processing jobs from the [${list}] ${noun}.`))
      queues.consume(deployment, process)
    } else if (process.kind === 'scheduler') runSchedule(deployment, { agenda, print, queues })
    else if (behaviour === 'slow') bootSlowly(deployment, isCurrent)
    else listen(deployment)
  }

  const bootSlowly = (deployment: Deployment, isCurrent: () => boolean) => {
    for (let nth = 1; nth * waitMs < slowBootMs; nth++) {
      agenda.in(nth * waitMs, () => {
        if (isCurrent()) print(deployment, 'deploy', waitingForDatabase(nth))
      })
    }
    agenda.in(slowBootMs, () => {
      if (isCurrent()) listen(deployment)
    })
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
      print(deployment, 'deploy', `> ${command}`)
      agenda.in(timing.preDeployMs, () => {
        const exitCode = runCommand(deployment, command)
        end(exitCode === 0 ? undefined : `"${command}" exited with code ${exitCode}`)
      })
    },
    start: (deployment, watch) => {
      const nth = deployment.run
      const isCurrent = () => deployment.run === nth
      agenda.in(timing.startMs, () => {
        const condition = feltCondition(deployment, agenda.now())
        if (condition.failsToStart) return watch.failed()
        watch.started()
        if (!isCurrent()) return
        const behaviour = behaviourOf(deployment)
        if (behaviour === 'crash' || condition.crashesOnStart) return crash(deployment, watch)
        if (behaviour === undefined) return
        makeConfigCache(deployment)
        run(deployment, behaviour, isCurrent)
        if (behaviour === 'error-500') print(deployment, 'deploy', brokenApp, 'error')
        if (behaviour === 'crash-after-success') {
          agenda.in(shortLifeMs, () => {
            if (isCurrent()) crash(deployment, watch)
          })
        }
      })
    },
    stop: () => {},
    ask: async (deployment, question) => {
      const { latencyMs = 0 } = feltCondition(deployment, agenda.now())
      if (latencyMs > 0) {
        await pause(latencyMs)
        agenda.catchUp()
      }
      return answer(deployment, question)
    },
    probe: (deployment, path, end) => {
      const { latencyMs = 0 } = feltCondition(deployment, agenda.now())
      const tell = () => end(answer(deployment, { method: 'GET', path })?.status)
      if (latencyMs > 0) agenda.in(latencyMs, tell)
      else tell()
    },
    dispatch: (deployment, queue, amount) => {
      const { environment } = deployment.instance
      queues.dispatch(environment, queueConnection(deployment.variables), queue, amount)
      return counts(deployment)
    },
    say: (deployment, speech) => {
      const { log, lines } = speeches[speech]
      const spoken = lines({ now: agenda.now(), variables: deployment.variables, id })
      for (const { message, severity } of spoken) print(deployment, log, message, severity)
      return spoken.length
    },
    runArtisanAt: (place, words, where = {}) => runArtisan(place, words, { migrations, now: agenda.now(), ...where }),
    runIn: (deployment, [program, script, ...words]) => {
      const isOurs = deployment.origin.kind !== 'image' && appProcess(deployment).kind !== 'mcp-server'
      if (program === 'php' && script === 'artisan' && isOurs) {
        return runArtisan(deployment, words, { migrations, now: agenda.now() })
      }
      return { exitCode: 127, stdout: '', stderr: `sh: ${program}: not found\n` }
    },
  }
}

function behaviourOf({ origin }: Deployment): CommitBehaviour | undefined {
  return origin.kind === 'image' ? undefined : origin.commit.behaviour
}
