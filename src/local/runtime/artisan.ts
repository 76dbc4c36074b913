import type { Deployment } from '../model.ts'
import type { SshAnswer } from '../ssh-command.ts'
import { artisanInfo, artisanRow } from './artisan-lines.ts'
import { type MigrationRun, type Migrations, migrationsOf } from './migrations.ts'
import { scheduledOf } from './scheduler.ts'

interface ArtisanNeeds {
  migrations: Migrations
  now: number
}

type Command = (deployment: Deployment, options: readonly string[], needs: ArtisanNeeds) => SshAnswer

/** Lines that artisan prints itself stand between empty ones. */
function said(...lines: string[]): SshAnswer {
  return { exitCode: 0, stdout: `\n${lines.join('\n')}\n\n`, stderr: '' }
}

/** Artisan prints what went wrong where it prints everything else. */
function failed(...lines: string[]): SshAnswer {
  return { ...said(...lines), exitCode: 1 }
}

function info(message: string): Command {
  return () => said(`${artisanInfo(message)}  `)
}

const commands: Readonly<Record<string, Command>> = {
  'migrate:status': (deployment, _, { migrations }) => {
    const ran = migrations.ran(deployment.instance.environment)
    const rows = migrationsOf(deployment).map(({ name }) => {
      const batch = ran.find((one) => one.name === name)?.batch
      return artisanRow(name, batch === undefined ? 'Pending' : `[${batch}] Ran`)
    })
    return said(artisanRow('Migration name', 'Batch / Status'), ...rows)
  },
  migrate: (deployment, options, { migrations }) => {
    const pending = migrations.pending(deployment)
    if (!options.includes('--pretend') && isStopped(deployment, options)) return cancelled
    if (pending.length === 0) return said(`${artisanInfo('Nothing to migrate.')}  `)
    const head = `${artisanInfo('Running migrations.')}  `
    if (options.includes('--pretend')) {
      return said(head, '', ...pending.flatMap(({ name }) => [artisanRow(name), `  ⇂ -- what ${name} would run`]))
    }
    return toldRun(head, migrations.up(deployment))
  },
  'migrate:rollback': (deployment, options, { migrations }) => {
    if (isStopped(deployment, options)) return cancelled
    const steps = Number(options.find((option) => option.startsWith('--step='))?.slice('--step='.length))
    const run = migrations.down(deployment, steps > 0 ? steps : undefined)
    if (run.done.length === 0 && run.failed === undefined) return said(`${artisanInfo('Nothing to rollback.')}  `)
    return toldRun(`${artisanInfo('Rolling back migrations.')}  `, run)
  },
  'queue:restart': info('Broadcasting queue restart signal.'),
  'schedule:list': (deployment, _, { now }) => {
    const rows = scheduledOf(deployment).map(({ command, hour }) => {
      const next = new Date(now)
      next.setUTCHours(hour ?? next.getUTCHours() + 1, 0, 0, 0)
      if (next.getTime() <= now) next.setUTCDate(next.getUTCDate() + 1)
      const minutes = Math.round((next.getTime() - now) / 60_000)
      const inText = minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
      return artisanRow(`0 ${hour ?? '*'} * * *  php artisan ${command}`, `Next Due: ${inText} from now`)
    })
    return said(...rows)
  },
  about: ({ variables, settings }) => {
    const start = settings.deploy?.startCommand ?? ''
    const cached = (command: string) => (start.includes(command) ? 'CACHED' : 'NOT CACHED')
    return said(
      artisanRow('Environment'),
      artisanRow('Application Name', 'Fakturino'),
      artisanRow('Laravel Version', '12.4.0'),
      artisanRow('PHP Version', '8.3.11'),
      artisanRow('Environment', variables.APP_ENV ?? 'production'),
      artisanRow('Debug Mode', variables.APP_DEBUG === 'true' ? 'ENABLED' : 'OFF'),
      artisanRow('URL', (variables.APP_URL ?? '').replace(/^https?:\/\//, '')),
      '',
      artisanRow('Cache'),
      artisanRow('Config', cached('config:cache')),
      artisanRow('Routes', cached('route:cache')),
      artisanRow('Views', cached('view:cache')),
      '',
      artisanRow('Drivers'),
      artisanRow('Cache', variables.CACHE_STORE ?? 'database'),
      artisanRow('Database', variables.DB_CONNECTION ?? 'sqlite'),
      artisanRow('Queue', variables.QUEUE_CONNECTION ?? 'database'),
    )
  },
  'cache:clear': info('Application cache cleared successfully.'),
  'config:cache': info('Configuration cached successfully.'),
  'config:clear': info('Configuration cache cleared successfully.'),
  'route:cache': info('Routes cached successfully.'),
  'route:clear': info('Route cache cleared successfully.'),
  'view:cache': info('Blade templates cached successfully.'),
  'view:clear': info('Compiled views cleared successfully.'),
}

/** `php artisan ARGUMENTS` in a container: what it does, and what it prints. */
export function runArtisan(deployment: Deployment, words: readonly string[], needs: ArtisanNeeds): SshAnswer {
  const name = words.find((word) => !word.startsWith('-'))
  if (name === undefined) return { exitCode: 0, stdout: 'Laravel Framework 12.4.0\n', stderr: '' }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) return failed(`   ERROR  Command "${name}" is not defined.  `)
  return command(deployment, words, needs)
}

/** In production artisan asks first, and nobody answers where there is no terminal. */
function isStopped({ variables }: Deployment, options: readonly string[]): boolean {
  return variables.APP_ENV === 'production' && !options.includes('--force')
}

const cancelled = failed('   APPLICATION IN PRODUCTION.  ', '', '   WARN  Command cancelled.  ')

function toldRun(head: string, { done, failed: bad }: MigrationRun): SshAnswer {
  const rows = done.map(({ name, tookMs }) => artisanRow(name, `${tookMs.toFixed(2)}ms DONE`))
  if (bad === undefined) return said(head, '', ...rows)
  return failed(
    head,
    '',
    ...rows,
    artisanRow(bad.name, `${bad.tookMs.toFixed(2)}ms FAIL`),
    '',
    'In Connection.php line 829:',
    '',
    `  ${bad.message}`,
  )
}
