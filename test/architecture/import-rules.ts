import type { IForbiddenRuleType } from 'dependency-cruiser'

/** The story of `src/README.md`, top to bottom: a folder may import itself and any folder above it. */
export const story = [
  'contract',
  'kit',
  'platform',
  'config',
  'plan',
  'logs',
  'verify',
  'operations',
  'journal',
  'output',
  'cli',
] as const

const importsPointUp = story.map(
  (folder, index): IForbiddenRuleType => ({
    name: `${folder} imports only from itself and above`,
    severity: 'error',
    from: { path: `^src/${folder}/` },
    to: { path: `^src/(${[...story.slice(index + 1), 'main'].join('|')})[/.]` },
  }),
)

const localIsASeparateWing: IForbiddenRuleType[] = [
  {
    name: 'local imports only contract and kit',
    severity: 'error',
    from: { path: '^src/local/' },
    to: { path: '^src/', pathNot: '^src/(local|contract|kit)/' },
  },
  {
    name: 'local has one door',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/local/' },
    to: { path: '^src/local/', pathNot: '^src/local/index\\.ts$' },
  },
  {
    name: 'only rehearse opens it',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/(local/|cli/commands/rehearse)' },
    to: { path: '^src/local/' },
  },
]

/** Each library, and each of Node's doors, belongs to one place. */
const owners: [library: string, place: string][] = [
  ['chalk|ora|@inquirer/.*|fast-wrap-ansi|fast-string-width', 'output/'],
  ['commander', 'cli/program\\.ts'],
  ['cosmiconfig|jiti|valibot|fastest-levenshtein', 'config/'],
  ['graphql-request', 'platform/'],
  ['graphql', 'local/'],
  ['ignore', 'kit/code-files\\.ts'],
  ['graphql-ws|ws|@types/ws', '(platform/open-connection\\.ts|local/)'],
  ['env-paths', 'cli/'],
  ['parse-prometheus-text-format', 'verify/said-metrics\\.ts'],
]

const doors: [builtin: string, place: string][] = [
  ['child_process', 'kit/(background|run-process)\\.ts'],
  ['fs(/promises)?', '(kit/(files|code-files|background)\\.ts|config/load\\.ts|local/executable-schema\\.ts)'],
  ['https?|net|tls', '(kit/http|local/)'],
]

const everythingHasItsPlace: IForbiddenRuleType[] = [
  ...owners.map(
    ([library, place]): IForbiddenRuleType => ({
      name: `${library} stays in ${place}`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${place}` },
      to: { path: `node_modules/(${library})/` },
    }),
  ),
  ...doors.map(
    ([builtin, place]): IForbiddenRuleType => ({
      name: `node:${builtin} stays in ${place}`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${place}` },
      to: { path: `^(node:)?(${builtin})$`, dependencyTypes: ['core'] },
    }),
  ),
]

/** The client half of subscriptions is the operator's, loaded when the first thing is followed; the server half is the local platform's. */
const subscriptionsAreHalved: IForbiddenRuleType[] = [
  {
    name: 'the client of graphql-ws stays in platform/open-connection.ts',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/platform/open-connection\\.ts$' },
    to: { path: '(node_modules/graphql-ws/dist/client|^graphql-ws/client$)' },
  },
  {
    name: 'the server of graphql-ws stays in local/',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/local/' },
    to: { path: 'node_modules/graphql-ws/dist/', pathNot: 'node_modules/graphql-ws/dist/client' },
  },
  {
    name: 'the operator loads ws and graphql-ws only when it needs them',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/local/' },
    to: {
      path: '(node_modules/(@types/ws|ws|graphql-ws)/|^graphql-ws/)',
      dynamic: false,
      dependencyTypesNot: ['type-only'],
    },
  },
]

/** Every import that is forbidden, as dependency-cruiser reads it. */
export const forbidden: IForbiddenRuleType[] = [
  ...importsPointUp,
  ...localIsASeparateWing,
  ...everythingHasItsPlace,
  ...subscriptionsAreHalved,
  { name: 'no circles', severity: 'error', from: {}, to: { circular: true } },
]
