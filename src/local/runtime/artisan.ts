import type { SshAnswer } from '../ssh-command.ts'
import { type ArtisanCommand, type ArtisanNeeds, type ArtisanPlace, failed, said } from './artisan-answer.ts'
import { artisanInfo, artisanRow } from './artisan-lines.ts'
import { migrateCommands } from './migrate-commands.ts'
import { scheduledOf } from './scheduler.ts'

function info(message: string): ArtisanCommand {
  return () => said(`${artisanInfo(message)}  `)
}

const commands: Readonly<Record<string, ArtisanCommand>> = {
  ...migrateCommands,
  'queue:restart': info('Broadcasting queue restart signal.'),
  'schedule:list': (place, _, { now }) => {
    const rows = scheduledOf(place).map(({ command, hour }) => {
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

/** `php artisan ARGUMENTS`: what it does, and what it prints. */
export function runArtisan(place: ArtisanPlace, words: readonly string[], needs: ArtisanNeeds): SshAnswer {
  const name = words.find((word) => !word.startsWith('-'))
  if (name === undefined) return { exitCode: 0, stdout: 'Laravel Framework 12.4.0\n', stderr: '' }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) return failed(`   ERROR  Command "${name}" is not defined.  `)
  return command(place, words, needs)
}
