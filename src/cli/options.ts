/** The options that every command takes, as commander gives them. */
export interface GlobalOptions {
  environment?: string
  config?: string
  project?: string
  workspace?: string
  json?: boolean
  yes?: boolean
  /** False after `--no-input`. */
  input: boolean
  dryRun?: boolean
  local?: boolean
  state?: string
  reason?: string
  timeout?: string
  allow: string[]
  confirmDestructive: string[]
  takeLease?: boolean
  verbose?: boolean
  quiet?: boolean
}

/** One option, as data: what commander and the help make of it. */
export interface OptionDefinition {
  flags: string
  describes: string
  /** May be given several times. */
  isRepeatable?: boolean
  choices?: readonly string[]
}

/** Options everywhere, in the order of the help. */
export function globalOptions(overridableGuards: readonly string[]): OptionDefinition[] {
  return [
    { flags: '-e, --environment <name>', describes: 'the environment to work on' },
    { flags: '-c, --config <file>', describes: 'the config, instead of looking for fakturino.config.ts' },
    { flags: '--project <id or name>', describes: "the project, instead of the config's" },
    { flags: '--workspace <id or name>', describes: 'the workspace, where the token reaches several' },
    { flags: '--json', describes: 'answer in JSON: one document, or one object a line' },
    { flags: '-y, --yes', describes: 'approve without asking' },
    { flags: '--no-input', describes: 'never ask; fail where an answer is missing' },
    { flags: '--dry-run', describes: 'read and plan only, write nothing' },
    { flags: '--local', describes: 'talk to the running rehearsal platform instead of Railway' },
    { flags: '--state <dir>', describes: 'where fakturino keeps what it remembers' },
    { flags: '--reason <text>', describes: "why; kept in the platform's history" },
    { flags: '--timeout <duration>', describes: 'give up after so long, as in 90s or 45m' },
    {
      flags: '--allow <guard>',
      describes: 'let a risky plan through',
      isRepeatable: true,
      choices: overridableGuards,
    },
    {
      flags: '--confirm-destructive <name>',
      describes: 'name what may be removed, as in api.OLD_VARIABLE',
      isRepeatable: true,
    },
    { flags: '--take-lease', describes: 'take the lease from whoever holds it; needs --reason' },
    { flags: '-v, --verbose', describes: 'show every variable, and what is asked of the platform' },
    { flags: '-q, --quiet', describes: 'answers and failures only' },
    { flags: '--no-color', describes: 'no colour' },
  ]
}
