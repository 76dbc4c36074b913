import { advisory } from '../config-finding.ts'
import type { FindingCode } from '../finding-codes.ts'
import type { Rule } from '../rule.ts'
import { appsOf } from '../services.ts'

interface Trap {
  code: FindingCode
  pattern: RegExp
  says: string
  fix: string
}

const traps: Trap[] = [
  {
    code: 'migration-at-start',
    pattern: /artisan migrate/,
    says: 'migrates at every start, in every container, with the old version still serving',
    fix: 'move it to preDeploy',
  },
  {
    code: 'server-in-background',
    pattern: /(?<![&>])&(?![&>\d])/,
    says: "'&' puts all that stands before it in the background, so the server starts even when that fails",
    fix: "join the steps with '&&' and end with 'exec' and the server",
  },
  {
    code: 'caches-at-start',
    pattern: /artisan (config:cache|optimize)\b/,
    says: 'caches the configuration at start, so a variable changed later has no effect until the next deployment',
    fix: 'keep it only where every change of a variable deploys',
  },
  {
    code: 'php-fpm-unsupervised',
    pattern: /php-fpm\b.*&.*nginx\b/,
    says: 'nobody restarts php-fpm when it dies, and nginx goes on answering 502',
    fix: 'run both under a supervisor',
  },
]

/** What start commands of Laravel services get wrong most often. */
export const startCommands: Rule = ({ config }) =>
  appsOf(config).flatMap(([name, { start }]) =>
    traps
      .filter(({ pattern }) => start !== undefined && pattern.test(start))
      .map(({ code, says, fix }) => advisory(code, { at: `services.${name}.start`, says, fix })),
  )
