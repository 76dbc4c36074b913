import type { Rule } from '../rule.ts'
import { checks } from './checks.ts'
import { domains } from './domains.ts'
import { environments } from './environments.ts'
import { flags } from './flags.ts'
import { healthchecks } from './healthchecks.ts'
import { knownIssues } from './known-issues.ts'
import { migrations } from './migrations.ts'
import { queues } from './queues.ts'
import { references } from './references.ts'
import { reservedNames } from './reserved-names.ts'
import { secrets } from './secrets.ts'
import { services } from './services.ts'
import { sharedCodebase } from './shared-codebase.ts'
import { singleBracesInValues } from './single-braces.ts'
import { startCommands } from './start-commands.ts'
import { values } from './values.ts'
import { volumes } from './volumes.ts'

/** Every rule, in the order in which their findings are told. */
export const rules: readonly Rule[] = [
  environments,
  services,
  references,
  singleBracesInValues,
  values,
  reservedNames,
  sharedCodebase,
  domains,
  volumes,
  queues,
  flags,
  secrets,
  checks,
  migrations,
  healthchecks,
  startCommands,
  knownIssues,
]
