import { count, listed } from '../kit/text.ts'
import type { SplitRevision } from '../plan/split-revisions.ts'
import type { DeploymentStatus } from '../platform/observed-state.ts'
import type { TopicalOperation } from './unfinished.ts'

/** What a person would sensibly do now, and why. Codes are stable. */
export interface NextStep {
  code: 'wait' | 'go-on' | 'read-logs' | 'look-at-staged' | 'deploy' | 'check' | 'none'
  /** After "because". */
  because: string
  /** Null where no command helps. */
  command: string | null
}

/** What is known when the step is decided. */
export interface StatusFacts {
  environment: string
  services: readonly ServiceFacts[]
  splits: readonly SplitRevision[]
  stagedChanges: number
  operation?: TopicalOperation
}

interface ServiceFacts {
  name: string
  status: DeploymentStatus | 'not-deployed'
  healthy: boolean
  /** A newer attempt than what serves. */
  latest: { status: DeploymentStatus } | null
}

const onItsWay = ['queued', 'waiting', 'needs-approval', 'building', 'deploying']

/** The most urgent of what there is to do: somebody at work first, then what was left, what is down, what waits, what is missing. */
export function nextStep({ environment, services, splits, stagedChanges, operation }: StatusFacts): NextStep {
  const command = (...words: string[]) => ['fakturino', ...words, '-e', environment].join(' ')
  const watch = command('status', '--watch')
  const logs = (of: readonly ServiceFacts[]) => command('logs', ...of.map(({ name }) => name).filter(isPlain))
  const told = (of: readonly { name: string }[]) => listed(of.map(({ name }) => name))

  if (operation?.state === 'under-way')
    return { code: 'wait', because: `${operation.by} is at work with ${operation.command}`, command: watch }
  if (operation?.state === 'unfinished')
    return { code: 'go-on', because: `${operation.command} was not finished`, command: operation.goOn }

  const crashed = services.filter(({ status, latest }) => status === 'crashed' || latest?.status === 'crashed')
  if (crashed.length > 0) return { code: 'read-logs', because: `${told(crashed)} crashed`, command: logs(crashed) }
  const failed = services.filter(({ latest }) => latest?.status === 'failed')
  if (failed.length > 0) {
    const what = `the newest deployment of ${told(failed)} failed`
    return { code: 'read-logs', because: what, command: logs(failed) }
  }
  const down = services.filter(({ status, healthy }) => status === 'live' && !healthy)
  if (down.length > 0) return { code: 'read-logs', because: `no instance of ${told(down)} runs`, command: logs(down) }

  const coming = services.filter(({ latest }) => latest !== null && onItsWay.includes(latest.status))
  if (coming.length > 0)
    return { code: 'wait', because: `a deployment of ${told(coming)} is on its way`, command: watch }
  if (stagedChanges > 0) {
    const what = `${count(stagedChanges, 'change')} ${stagedChanges === 1 ? 'waits' : 'wait'} in the dashboard to be committed or discarded`
    return { code: 'look-at-staged', because: what, command: command('plan') }
  }
  const missing = services.filter(({ status }) => status === 'not-deployed')
  if (missing.length > 0) {
    const isAll = missing.length === services.length
    const what = isAll
      ? 'nothing was deployed yet'
      : `${told(missing)} ${missing.length === 1 ? 'is' : 'are'} not deployed`
    return { code: 'deploy', because: what, command: command('deploy') }
  }
  const [split] = splits
  if (split !== undefined) {
    const [newest] = split.revisions
    const commit = newest !== undefined && /^[0-9a-f]{40}$/.test(newest.commit) ? ['--commit', newest.commit] : []
    return {
      code: 'deploy',
      because: 'services of one codebase run different commits',
      command: [command('deploy'), ...commit].join(' '),
    }
  }
  if (services.length === 0) return { code: 'none', because: 'nothing is here', command: null }
  return {
    code: 'check',
    because: 'everything runs; whether it also works is another question',
    command: command('check'),
  }
}

/** A name of the platform's that a shell takes for one word. */
function isPlain(name: string): boolean {
  return /^[\w][\w.-]*$/.test(name)
}
