import type { Deployment } from '../model.ts'

/** Laravel's own when nothing is configured. */
const defaultConnection = 'database'

export interface WorkerProcess {
  kind: 'worker'
  connection: string
  /** In the order in which they are emptied. */
  queues: readonly string[]
  /** Between two looks at queues that were empty. */
  sleepMs: number
  /** How often a job is tried before it counts as failed. */
  tries: number
}

/** What a container of the product runs. */
export type AppProcess = { kind: 'web' } | { kind: 'mcp-server' } | { kind: 'scheduler' } | WorkerProcess

/** Told from the start command: the three Laravel services differ in nothing else. */
export function appProcess({ settings, variables, instance }: Deployment): AppProcess {
  const command = settings.deploy?.startCommand ?? ''
  const work = /\bqueue:(?:work|listen)\b([^;&|]*)/.exec(command)
  if (work !== null) return worker(work[1] ?? '', variables)
  if (/\bschedule:(?:work|run)\b/.test(command)) return { kind: 'scheduler' }
  return { kind: instance.service.name === 'mcp-server' ? 'mcp-server' : 'web' }
}

/** Where a container's jobs go: to the connection that its variables name. */
export function queueConnection(variables: Readonly<Partial<Record<string, string>>>): string {
  return variables.QUEUE_CONNECTION || defaultConnection
}

/** Reads what stands behind `queue:work`: `[connection] --queue=a,b --sleep=3 --tries=3`, each option with `=` or a space. */
function worker(rest: string, variables: Deployment['variables']): WorkerProcess {
  const words = rest
    .replace(/["']/g, '')
    .split(/[\s=]+/)
    .filter(Boolean)
  const option = (name: string) => {
    const at = words.indexOf(`--${name}`)
    return at === -1 ? undefined : words[at + 1]
  }
  const [first] = words
  const queues = (option('queue') ?? '').split(',').filter(Boolean)
  return {
    kind: 'worker',
    connection: first !== undefined && !first.startsWith('-') ? first : queueConnection(variables),
    queues: queues.length === 0 ? ['default'] : queues,
    sleepMs: amount(option('sleep'), 3) * 1000,
    tries: Math.max(1, amount(option('tries'), 1)),
  }
}

function amount(text: string | undefined, otherwise: number): number {
  const value = Number(text)
  return text !== undefined && Number.isFinite(value) && value >= 0 ? value : otherwise
}
