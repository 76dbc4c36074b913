import type { DesiredService, DesiredState } from '../config/desired.ts'
import { isRecord } from '../kit/json.ts'
import { count, listed, shortCommit } from '../kit/text.ts'
import { hold, type JsonObject, list, type Run, type Step } from './tour.ts'

export interface RollbackTourNeeds {
  /** Adds a healthy commit with one migration of its own, which nobody is told about. */
  addRelease(): string
  /** What the code of a commit does from now on, wherever it runs. */
  turn(commit: string, behaviour: 'error-500' | 'healthy'): void
}

/**
 * A release that goes bad after it was live and verified, in the first environment: one command brings every service of the codebase
 * back, and the undo that it prints goes forward again. Nothing where no code is asked over HTTP.
 */
export function rollbackSteps(desired: DesiredState | undefined, { addRelease, turn }: RollbackTourNeeds): Step[] {
  const asked = desired?.services.find(({ codebase, liveness }) => codebase !== undefined && liveness !== undefined)
  if (desired === undefined || asked === undefined) return []
  const { name } = desired.environment
  const sharing = desired.services.filter(({ codebase }) => codebase === asked.codebase)
  const isAll = desired.services.every(({ codebase }) => codebase === undefined || codebase === asked.codebase)
  // One codebase goes back at a time, so where there are others its services are named.
  const command = isAll
    ? ['rollback']
    : ['rollback', 'services', ...sharing.flatMap((service) => ['--service', service.name])]
  return [
    {
      name: 'rollback',
      title: 'Roll back a release that answers 500 after it went live, and undo that',
      async act(run) {
        const before = await oneRevision(sharing, name, run)
        const commit = addRelease()
        await run(['deploy', '-e', name, '--commit', commit, '--yes'])
        turn(commit, 'error-500')
        const [bad] = await run(['check', '-e', name], 1)
        hold(bad?.verdict === 'fail', 'the release is not found to be bad')
        const events = await run([...command, '-e', name, '--yes'])
        hold(
          events.some(({ type, service }) => type === 'service-verified' && service === asked.name),
          `${asked.name} was not asked over HTTP after it went back`,
        )
        const back = list(events.at(-1), 'services').filter(({ outcome }) => outcome === 'rolled-back')
        hold(back.length === sharing.length, `${count(back.length, 'service')} went back, not ${sharing.length}`)
        hold((await oneRevision(sharing, name, run)) === before, 'the services are not back at the release before')
        // What was wrong is over, and the newer release is wanted again.
        turn(commit, 'healthy')
        await run([...undoOf(events.at(-1)), '--yes'])
        hold((await oneRevision(sharing, name, run)) === commit, 'the undo did not bring the newer release back')
        return [
          `One command brought ${listed(sharing.map((service) => service.name))} back to ${shortCommit(before)} from kept images, verified over HTTP.`,
          `The undo that it printed brought ${shortCommit(commit)} back, without a build too.`,
        ]
      },
    },
  ]
}

/** The words of the undo, without those that say where the rehearsal is: the tour says that itself. */
function undoOf(answer: JsonObject | undefined): string[] {
  const undo = isRecord(answer?.undo) ? answer.undo : {}
  const command = typeof undo.command === 'string' ? undo.command : ''
  hold(command !== '', 'the rollback printed no undo')
  return command
    .replace(/ --(?:local|config|state|no-input)\b.*$/s, '')
    .split(' ')
    .slice(1)
}

async function oneRevision(services: readonly DesiredService[], environment: string, run: Run): Promise<string> {
  const [status] = await run(['status', '-e', environment])
  const names = services.map(({ name }) => name)
  const found = list(status, 'services').filter(({ name }) => typeof name === 'string' && names.includes(name))
  const revisions = [...new Set(found.map(({ revision }) => revision))]
  const [revision] = revisions
  hold(
    found.length === services.length && revisions.length === 1 && typeof revision === 'string',
    `the services of the codebase in ${environment} do not serve one commit`,
  )
  return String(revision)
}
