import type { CheckConfig, FakturinoConfig } from './fakturino-config.ts'
import { own } from './own.ts'
import { durationMs } from './quantities.ts'
import { appsOf, codebaseOf, isPending } from './services.ts'
import type { Watched, WatchedFlag } from './watched.ts'

/** What a config asks of an environment; of one that it does not have, nothing differs but the branch. Pure. */
export function watchedBy(config: FakturinoConfig, environment: string): Watched {
  const flagOf = (name: string | undefined): { flag?: WatchedFlag } => {
    const flag = name === undefined ? undefined : own(config.flags ?? {}, name)
    return name === undefined || flag === undefined
      ? {}
      : { flag: { name, variable: flag.variable, default: flag.default } }
  }
  const otherReaderOf = ({ flag, service }: CheckConfig): { flagReader?: string } => {
    const readers = flag === undefined ? [] : (own(config.flags ?? {}, flag)?.services ?? [])
    const [flagReader] = readers
    return flagReader === undefined || readers.includes(service) ? {} : { flagReader }
  }
  const apps = appsOf(config).filter(([, app]) => !isPending(app))
  const branch = own(config.environments, environment)?.branch ?? ''
  const codebases = new Map(apps.map(([name, app]) => [name, codebaseOf(config, app, branch)]))
  const dispatchersOf = (worker: string) =>
    apps.flatMap(([name, app]) =>
      name !== worker && app.domain === true && codebases.get(name) === codebases.get(worker) ? [name] : [],
    )
  const intervals = apps.flatMap(([, { healthcheck }]) =>
    healthcheck?.interval === undefined ? [] : [durationMs(healthcheck.interval)],
  )
  return {
    checks: Object.entries(config.checks ?? {}).map(([name, check]) => {
      const asked = own(config.services, check.service)
      const timeout = check.timeout ?? (asked?.kind === 'app' ? asked.healthcheck?.timeout : undefined)
      return {
        name,
        service: check.service,
        path: check.path,
        statuses: [check.status ?? 200].flat(),
        format: check.format ?? 'status',
        ...(timeout === undefined ? {} : { timeoutMs: durationMs(timeout) }),
        ...flagOf(check.flag),
        ...otherReaderOf(check),
        advisory: check.advisory ?? [],
        ...(check.use === undefined ? {} : { use: check.use }),
        ...(asked !== undefined && isPending(asked) ? { pending: asked.reason ?? 'not built yet' } : {}),
      }
    }),
    metrics: Object.entries(config.metrics ?? {}).map(([name, { labels: _labels, ...metric }]) => ({
      name,
      ...metric,
    })),
    workers: apps.flatMap(([service, { queues = [] }]) =>
      queues.length === 0 ? [] : [{ service, queues, dispatchers: dispatchersOf(service) }],
    ),
    schedulers: apps.flatMap(([service, { schedule = [] }]) =>
      schedule.length === 0
        ? []
        : [{ service, jobs: schedule.map(({ flag, ...job }) => ({ ...job, ...flagOf(flag) })) }],
    ),
    queuesOfFlags: Object.entries(config.flags ?? {}).flatMap(([name, { requires }]) =>
      (requires?.queues ?? []).flatMap((queue) => {
        const { flag } = flagOf(name)
        return flag === undefined ? [] : [{ queue, flag }]
      }),
    ),
    ...(intervals.length === 0 ? {} : { intervalMs: Math.min(...intervals) }),
  }
}
