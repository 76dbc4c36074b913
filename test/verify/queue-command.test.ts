import { expect, it } from 'vitest'
import { queueCommands } from '../../src/verify/queue-command.ts'

it.each<[start: string, commands: ReturnType<typeof queueCommands>]>([
  [
    'php artisan queue:work redis --queue=default,migration,banking --sleep=3 --tries=3 --max-time=3600',
    [{ connection: 'redis', queues: ['default', 'migration', 'banking'] }],
  ],
  ['php artisan queue:work', [{ queues: ['default'] }]],
  ['php artisan queue:work --tries=3 --timeout=120', [{ queues: ['default'] }]],
  ['php artisan queue:work --queue high,low', [{ queues: ['high', 'low'] }]],
  ["php artisan queue:listen database --queue='a,b'", [{ connection: 'database', queues: ['a', 'b'] }]],
  [
    'php artisan queue:work redis --queue=a & php artisan queue:work database --queue=b',
    [
      { connection: 'redis', queues: ['a'] },
      { connection: 'database', queues: ['b'] },
    ],
  ],
  ['php artisan schedule:work', []],
  ['', []],
])('%s', (start, commands) => {
  expect(queueCommands(start)).toEqual(commands)
})
