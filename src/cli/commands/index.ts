import { logLevels } from '../../logs/entry-filter.ts'
import type { CommandDefinition } from '../command.ts'

const secretsFile = {
  flags: '--secrets-file <file>',
  describes: 'secrets to store, NAME=value a line each; - reads them from stdin',
}

const migrationSite = [
  { flags: '--service <name>', describes: "whose migrations they are; the config's, else the api" },
  {
    flags: '--place <place>',
    describes: "where they run, instead of the config's: before a deployment, over SSH, or from here",
    choices: ['pre-deploy', 'ssh', 'run'],
  },
]
const noBackup = { flags: '--no-backup', describes: 'take no backup of a protected database; needs --reason' }
const migrateRollback = {
  summary: 'undo migrations, the newest first: the whole last batch, and only what has a way back',
  options: [
    { flags: '--step <number>', describes: 'so many; refused where that is no whole batch' },
    {
      flags: '--migration <name>',
      describes: 'exactly these, the newest ones; also across batches, and without a way back',
      isRepeatable: true,
    },
    { flags: '--backup', describes: 'take a backup of the database first' },
    { flags: '--no-backup', describes: 'where the database has no volume to take one of; needs --reason' },
    ...migrationSite,
  ],
  load: () => import('./migrate-rollback.ts'),
}

const flagOff = {
  arguments: '<flag>',
  options: [
    {
      flags: '--confirm <variable>',
      describes: 'this variable is a flag, although neither the config nor the guide names it',
      isRepeatable: true,
    },
  ],
  load: () => import('./flags-off.ts'),
}

const soaking = [
  { flags: '--soak <duration>', describes: "how long it is watched, instead of the config's soak" },
  { flags: '--no-soak', describes: 'do not watch it; recorded' },
]
const flagGates = [
  ...soaking,
  { flags: '--evidence <file>', describes: 'evidence from a file, in the place of what the other environment holds' },
  { flags: '--override-evidence', describes: 'go on without evidence that counts; needs --reason, and is recorded' },
]

/** Every command, in the order of the help. */
export const commands: readonly CommandDefinition[] = [
  {
    name: 'init',
    summary: 'first setup: create the project, both environments and everything in them, and store the config',
    options: [{ flags: '--deploy', describes: 'deploy every environment afterwards' }, secretsFile],
    examples: ['fakturino init --yes', 'fakturino init --yes --secrets-file secrets.env'],
    load: () => import('./init.ts'),
  },
  {
    name: 'plan',
    summary: 'show what differs between the config and an environment',
    arguments: '[service...]',
    options: [
      { flags: '--detailed-exit-code', describes: 'exit 2 when something differs' },
      { flags: '--commit <sha>', describes: 'plan for this commit, or latest' },
      { flags: '--out <file>', describes: 'save the plan; deploy --plan applies exactly that, or refuses' },
      secretsFile,
    ],
    examples: [
      'fakturino plan -e staging',
      'fakturino plan -e production --detailed-exit-code',
      'fakturino plan -e production --commit latest --out production.plan',
    ],
    load: () => import('./plan.ts'),
  },
  {
    name: 'deploy',
    summary: 'make an environment equal to the config and deploy what needs it, in order, verified',
    arguments: '[service...]',
    options: [
      { flags: '--commit <sha>', describes: 'the whole commit to deploy, or latest; without it, what runs already' },
      {
        flags: '--upload <dir>',
        describes: 'the code of this directory in the place of a commit, for every service that shares its codebase',
      },
      {
        flags: '--plan <file>',
        describes: 'exactly what plan --out saved; refused where anything has moved since',
      },
      {
        flags: '--detach',
        describes: 'start the first level, wait for nothing, exit 0 with verdict unknown; says what goes on later',
      },
      {
        flags: '--auto-rollback',
        describes: 'where the release fails, put back what it changed, stored and running, and exit 3',
      },
      secretsFile,
    ],
    examples: [
      'fakturino deploy -e staging',
      'fakturino deploy -e production --commit latest --yes',
      'fakturino deploy -e production --commit latest --auto-rollback --yes',
      'fakturino deploy -e production --plan production.plan --yes',
      'fakturino deploy -e staging --upload ./backend',
    ],
    load: () => import('./deploy.ts'),
  },
  {
    name: 'restart',
    summary: 'start the processes of what runs again: no build, the same deployment; every app, or those named',
    arguments: '[service...]',
    examples: ['fakturino restart -e staging', 'fakturino restart worker scheduler -e production --yes'],
    load: () => import('./restart.ts'),
  },
  {
    name: 'artisan',
    summary: 'run one artisan command in a container that runs, over SSH; the api, or another service that has artisan',
    arguments: '[words...]',
    options: [{ flags: '--service <name>', describes: 'in a container of this one' }],
    foreignOptions:
      'What belongs to the artisan command stands behind two dashes, as in: fakturino artisan -e staging -- migrate --force',
    examples: [
      'fakturino artisan -e staging -- migrate:status',
      'fakturino artisan -e production --yes -- queue:restart',
      'fakturino artisan -e staging --service worker -- about',
    ],
    load: () => import('./artisan.ts'),
  },
  {
    name: 'rollback',
    summary: 'ask what hurts, and bring it back; with --yes, or without a terminal, the release: the same as services',
    examples: ['fakturino rollback -e staging', 'fakturino rollback -e production --yes'],
    load: () => import('./rollback.ts'),
    subcommands: [
      {
        name: 'services',
        summary: 'bring all services of one codebase back to an earlier commit at once, watched and verified',
        options: [
          {
            flags: '--to <commit>',
            describes:
              'back, or forward, to this commit, a part of it, or the id of a deployment; else the last known good',
          },
          {
            flags: '--service <name>',
            describes: 'only this one of those that share the codebase',
            isRepeatable: true,
          },
          {
            flags: '--rebuild',
            describes:
              'where an image is not kept, or the token may not roll back: build what ran then again, as it was',
          },
          {
            flags: '--mark-bad',
            describes: 'what is left is bad: never the last known good, and deployed only where that is allowed',
          },
          {
            flags: '--pin-variables',
            describes: 'store the variables that the services then run with, so that no deploy brings others back',
          },
        ],
        examples: [
          'fakturino rollback services -e production',
          'fakturino rollback services -e production --mark-bad --pin-variables --reason INCIDENT',
          'fakturino rollback services --to COMMIT -e staging --yes',
          'fakturino rollback services --service worker -e staging',
        ],
        load: () => import('./rollback-services.ts'),
      },
      {
        name: 'migration',
        ...migrateRollback,
        examples: ['fakturino rollback migration -e staging', 'fakturino rollback migration --backup -e production'],
      },
      {
        name: 'flag',
        summary: 'switch one feature off, now: the same as flags off',
        ...flagOff,
        examples: ['fakturino rollback flag partner_portal -e production --yes'],
      },
    ],
  },
  {
    name: 'migrate',
    summary: 'which migrations ran, and which did not; the same as status',
    examples: ['fakturino migrate -e staging', 'fakturino migrate up -e production'],
    load: () => import('./migrate-status.ts'),
    subcommands: [
      {
        name: 'status',
        summary: 'which migrations ran, by batch, and which did not',
        options: migrationSite,
        examples: ['fakturino migrate status -e production', 'fakturino migrate status -e production --json'],
        load: () => import('./migrate-status.ts'),
      },
      {
        name: 'plan',
        summary: 'what is pending, with the statements that it would run',
        options: migrationSite,
        examples: ['fakturino migrate plan -e staging'],
        load: () => import('./migrate-plan.ts'),
      },
      {
        name: 'up',
        summary: 'run what is pending, once, where the config says; behind a backup where changes are protected',
        options: [noBackup, ...migrationSite],
        examples: ['fakturino migrate up -e staging --yes', 'fakturino migrate up -e production'],
        load: () => import('./migrate-up.ts'),
      },
      {
        name: 'rollback',
        ...migrateRollback,
        examples: ['fakturino migrate rollback -e staging', 'fakturino migrate rollback --step 2 -e staging --yes'],
      },
    ],
  },
  {
    name: 'flags',
    summary:
      'how features stand; and to switch them in stages, with evidence, watched, taken back where they do not hold',
    examples: ['fakturino flags', 'fakturino flags off partner_portal -e production'],
    load: () => import('./flags-list.ts'),
    subcommands: [
      {
        name: 'list',
        summary: 'how every flag stands in every environment, or in one: stored, running, seen, validated',
        examples: ['fakturino flags list', 'fakturino flags list -e production --json'],
        load: () => import('./flags-list.ts'),
      },
      {
        name: 'show',
        summary: 'everything about one flag: each service, its checklist, what it needs, and what of that is missing',
        arguments: '<flag>',
        examples: ['fakturino flags show partner_portal', 'fakturino flags show FEATURE_MONITORING -e staging'],
        load: () => import('./flags-show.ts'),
      },
      {
        name: 'validate',
        summary: 'try a flag where it is tried first, go through its checklist, and keep the evidence',
        arguments: '<flag>',
        options: [
          { flags: '--confirm <item>', describes: 'this item was seen to be so, by --by', isRepeatable: true },
          { flags: '--by <person>', describes: 'who saw it; without it, whoever runs the command' },
          { flags: '--note <text>', describes: 'kept beside every item of --confirm' },
          { flags: '--out <file>', describes: 'write the evidence into a file, too: for flags on --evidence' },
        ],
        examples: [
          'fakturino flags validate monitoring -e staging',
          'fakturino flags validate monitoring -e staging --dry-run',
          'fakturino flags validate monitoring -e staging --yes --confirm monitoring-3 --by nina --out evidence.json',
        ],
        load: () => import('./flags-validate.ts'),
      },
      {
        name: 'set',
        summary:
          'give flags values, as in partner_portal=true: gated, one patch, watched, taken back where it does not hold',
        arguments: '<name=value...>',
        options: flagGates,
        examples: ['fakturino flags set partner_portal=true psd2-banking=false -e staging'],
        load: () => import('./flags-set.ts'),
      },
      {
        name: 'on',
        summary: 'the same for one flag and true',
        arguments: '<flag>',
        options: flagGates,
        examples: [
          'fakturino flags on partner_portal -e production',
          'fakturino flags on partner_portal -e production --soak 1h --yes',
        ],
        load: () => import('./flags-on.ts'),
      },
      {
        name: 'resume',
        summary: 'go on with a change of flags that was not finished',
        arguments: '<flag>',
        options: soaking,
        examples: ['fakturino flags resume partner_portal -e production'],
        load: () => import('./flags-resume.ts'),
      },
      {
        name: 'off',
        summary: 'the way out: switch one feature off, now; without evidence, over any lease, and without a config too',
        ...flagOff,
        examples: ['fakturino flags off partner_portal -e production --yes --reason INCIDENT'],
      },
    ],
  },
  {
    name: 'status',
    summary: 'one screen: what runs in an environment, how it is, and what to do next',
    options: [{ flags: '--watch [interval]', describes: 'look again and again, until Ctrl-C; as in 10s' }],
    examples: [
      'fakturino status -e production',
      'fakturino status -e production --json',
      'fakturino status -e staging --watch 10s',
    ],
    load: () => import('./status.ts'),
  },
  {
    name: 'check',
    summary:
      'ask everything that runs whether it is well, and judge the answers; exit 0, 1 where it fails, 6 inconclusive',
    arguments: '[service...]',
    options: [
      { flags: '--watch', describes: "look again and again, at the config's interval, and tell what changes" },
      { flags: '--times <number>', describes: 'look so many times' },
    ],
    examples: [
      'fakturino check -e production',
      'fakturino check api worker -e staging --json',
      'fakturino check -e production --watch',
    ],
    load: () => import('./check.ts'),
  },
  {
    name: 'logs',
    summary: 'what services say: all of them or those named, newest 100 lines first and then as they are said',
    arguments: '[service...]',
    options: [
      { flags: '--follow', describes: 'go on with what is said; on a terminal that is so without it' },
      { flags: '--no-follow', describes: 'only what was said; so with --until, --errors, --json, and in a pipe' },
      { flags: '--since <time>', describes: 'only since: a duration, as in 2h, or a time in UTC' },
      { flags: '--until <time>', describes: 'only until: a duration, as in 30m, or a time in UTC' },
      { flags: '--lines <number>', describes: 'of what was said, the newest so many; all of them with --since' },
      {
        flags: '--level <level>',
        describes: 'only so bad and worse, by the words of the line itself',
        choices: logLevels,
      },
      { flags: '--grep <text>', describes: 'only with this text in any case, or /pattern/i' },
      { flags: '--deployment <id>', describes: 'only of this deployment' },
      { flags: '--build', describes: 'what the newest build of a service printed, or that of --deployment' },
      { flags: '--http', describes: 'requests that the edge answered for services with a domain' },
      { flags: '--errors', describes: 'count errors by exception and place; of the last 24 hours without --since' },
    ],
    examples: [
      'fakturino logs -e production',
      'fakturino logs api worker -e production --level warn --since 2h --no-follow',
      'fakturino logs -e production --errors --since 24h',
    ],
    load: () => import('./logs.ts'),
  },
  {
    name: 'history',
    summary: 'what was done in an environment, by this tool and by others: when, by whom, and how it ended',
    options: [
      {
        flags: '--since <time>',
        describes: 'everything since, instead of the newest 50: a duration, as in 2h, or a time',
      },
      { flags: '--service <name>', describes: 'only what this one has to do with' },
      { flags: '--markdown', describes: 'as a table in Markdown, for the report of an incident' },
    ],
    examples: [
      'fakturino history -e production',
      'fakturino history -e production --since 2h --json',
      'fakturino history -e production --since 6h --markdown',
    ],
    load: () => import('./history.ts'),
  },
  {
    name: 'whoami',
    summary: 'what kind of token is used, how far it reaches, and where it is sent',
    examples: ['fakturino whoami', 'fakturino whoami --json'],
    load: () => import('./whoami.ts'),
  },
  {
    name: 'rehearse',
    summary: 'the whole guide, start to end, on a local platform of its own, with a report',
    examples: ['fakturino rehearse', 'fakturino rehearse up', 'fakturino plan -e staging --local'],
    load: () => import('./rehearse.ts'),
    subcommands: [
      {
        name: 'up',
        summary: 'start a local platform that stays, for use with --local',
        options: [{ flags: '--port <number>', describes: 'its port; without it, any free one' }],
        examples: ['fakturino rehearse up', 'fakturino rehearse up --port 4100 --json'],
        load: () => import('./rehearse-up.ts'),
      },
      {
        name: 'down',
        summary: 'stop it; nothing of it is kept',
        examples: ['fakturino rehearse down'],
        load: () => import('./rehearse-down.ts'),
      },
      {
        name: 'serve',
        summary: 'what runs in the background after up',
        options: [{ flags: '--port <number>', describes: 'its port' }],
        examples: [],
        isHidden: true,
        load: () => import('./rehearse-serve.ts'),
      },
    ],
  },
]
