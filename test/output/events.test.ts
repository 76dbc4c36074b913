import { expect, it } from 'vitest'
import { aScreen } from './human-screen.ts'
import { aPlan, events } from './samples.ts'

function told(event: (typeof events)[keyof typeof events], isVerbose = false): string {
  const screen = aScreen({ isVerbose })
  screen.output.event(event)
  return screen.err()
}

it.each([
  ['target-found', 'Project fakturino-production, environment production (REAL, protected)\n\n'],
  ['approval-given', 'Approved by --yes: deploy to staging.\n'],
  ['project-created', '✓ project fakturino-production created, with environment production\n'],
  ['environment-created', '✓ environment staging created\n'],
  ['service-created', '✓ service api created, empty\n'],
  ['volume-created', '✓ redis volume at /data created in staging\n'],
  ['domain-created', '✓ api domain api-staging-4b0e.up.railway.app created in staging\n'],
  ['changes-stored', '✓ 1 change stored in staging, as one patch\n'],
  [
    'changes-not-stored',
    '! not stored in staging: redis volume size. Only a patch stores it, so it stays\n  in the plan\n',
  ],
  ['auto-deploy-set', '✓ api and worker: deploy on push switched off in staging\n'],
  ['level-started', '  worker and scheduler starting\n'],
  ['deployment-created', '▸ api deploying 11111111 7406fe9c-e757-4e2b-a6a9-b5abc2d72de4\n'],
  ['deployment-moved', '  api deploying, running the pre-deploy command (1.3 s)\n'],
  ['deployment-live', '✓ api live after 42 s, 11111111\n'],
  [
    'deployment-failed',
    '✗ api failed after 2 min 5 s, in running the pre-deploy command: "php artisan\n  migrate --force" exited with code 1\n',
  ],
  [
    'log-read',
    '  The last 2 lines of the deploy log of api:\n    > php artisan migrate --force\n    SQLSTATE[42701]: Duplicate column: 7 ERROR: column "reference" of relation\n    "invoices" already exists\n',
  ],
  ['log-not-read', '! The build log of api could not be read: 127.0.0.1 did not answer within 30 s.\n'],
  [
    'migrations-ran',
    '✗ api ran 1 migration: 2026_11_01_090000_create_orders_table;\n  2026_11_03_090000_add_reference_to_invoices failed\n',
  ],
  ['service-verified', '✓ api answers https://api-staging-4b0e.up.railway.app/health (3 times in a row)\n'],
  ['revision-confirmed', '✓ api says at https://api-staging-4b0e.up.railway.app/version that it runs\n  11111111\n'],
  ['service-blocked', '! api not deployed: it cannot start without APP_KEY and PADDLE_API_KEY\n'],
  ['service-unchanged', '· scheduler unchanged: it runs 11111111 already, which is the newest commit\n'],
  ['services-not-started', '! worker and scheduler left as they are, because api did not become live\n'],
  ['rollback-started', '! putting back 2 stored changes, api and worker, because api did not stay live\n'],
  [
    'changes-put-back',
    '✓ 2 changes put back in staging, as one patch: api variable CACHE_STORE and\n  worker start command\n',
  ],
  [
    'changes-left',
    '! postgres volume size left as it is, because what was created stays, and a\n  volume never shrinks\n',
  ],
  ['deployment-rolled-back', '▸ api going back to 11111111, without a build\n  7406fe9c-e757-4e2b-a6a9-b5abc2d72de4\n'],
  ['serving-read', '  read what serves of api\n'],
  ['finding', '! It is slow. Look at it.\n'],
  ['step-started', '\nDeploy staging\n'],
  ['step-command', '  fakturino deploy -e staging --yes\n'],
  ['step-passed', '✓ deploy-staging held after 5.1 s, with 1 request\n'],
  ['step-failed', '✗ deploy-staging did not hold: not every service became live.\n'],
] as const)('%s', (type, text) => {
  expect(told(events[type])).toBe(text)
})

it('tells a plan that is the same as another one in a line, and whole when verbose', () => {
  const event = { type: 'plan-made', plan: aPlan(), sameAs: 'staging' } as const
  expect(told(event)).toBe('The same as staging, with values of its own.\n\n')
  expect(told(event, true)).toContain('QUEUE_CONNECTION')
})

it('says nothing of an approval that a person has just typed', () => {
  expect(told({ type: 'approval-given', by: 'person', what: 'deploy to staging' })).toBe('')
})

it('a critical finding has the sign of a failure', () => {
  const { finding } = events.finding
  expect(told({ type: 'finding', finding: { ...finding, severity: 'critical' } })).toMatch(/^✗ /)
})

it('tells no event when quiet', () => {
  const screen = aScreen({ isQuiet: true })
  for (const event of Object.values(events)) screen.output.event(event)
  screen.output.notice('Something.')
  expect(screen.err()).toBe('')
})

it('says which command runs now, where nothing can move, and colours nothing but signs, names and headings', () => {
  const screen = aScreen({ isColoured: true })
  screen.output.event(events['deployment-live'])
  expect(screen.err()).toBe('\u001b[32m✓\u001b[39m api live after 42 s, 11111111\n')
})
