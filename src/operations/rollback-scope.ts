import { OperatorError } from '../kit/errors.ts'
import type { Finding } from '../kit/finding.ts'
import { shellWord } from '../kit/shell-word.ts'
import { count, listed } from '../kit/text.ts'
import type { PretendedMigration } from '../logs/migration-lines.ts'
import type { MigrationList } from './ask-artisan.ts'

/** Which migrations to undo: so many, exactly these, or with neither the last batch. */
export interface AskedScope {
  step?: number
  named: readonly string[]
}

export interface RanMigration {
  name: string
  batch: number
}

/** What would be undone, the newest first, as artisan takes them. */
export interface RollbackScope {
  migrations: RanMigration[]
  /** They were named, every one of them. */
  isNamed: boolean
  /** What artisan is told besides `--force`. */
  words: string[]
}

/** Decides what is to be undone. Pure; throws where that is no end of what ran, or no whole batch and not named. */
export function rollbackScope({ step, named }: AskedScope, { ran }: MigrationList, environment: string): RollbackScope {
  const newest = [...ran].sort((one, other) => other.batch - one.batch || (one.name < other.name ? 1 : -1))
  if (named.length > 0) return namedScope([...new Set(named)], newest, environment)
  const last = newest[0]?.batch
  if (step === undefined) {
    return { migrations: newest.filter(({ batch }) => batch === last), isNamed: false, words: [] }
  }
  const migrations = newest.slice(0, step)
  const words = [`--step=${migrations.length}`]
  const batches = new Set(migrations.map(({ batch }) => batch))
  const whole = newest.filter(({ batch }) => batches.has(batch))
  if (batches.size > 1 || whole.length > migrations.length) throw crossesBatches(step, migrations, newest, environment)
  return { migrations, isNamed: false, words }
}

function namedScope(named: readonly string[], newest: readonly RanMigration[], environment: string): RollbackScope {
  const migrations = newest.slice(0, named.length)
  const isExact = migrations.length === named.length && migrations.every(({ name }) => named.includes(name))
  if (isExact) return { migrations, isNamed: true, words: [`--step=${migrations.length}`] }
  const unknown = named.filter((name) => newest.every((one) => one.name !== name))
  const place = shellWord(environment)
  if (unknown.length > 0) {
    throw new OperatorError({
      kind: 'refused',
      code: 'migration-not-in-code',
      message: `${listed(unknown)} did not run in ${environment}, or the code that artisan runs with does not have ${unknown.length === 1 ? 'it' : 'them'}. Nothing was undone.`,
      hint: `What ran is told by: fakturino migrate status -e ${place}`,
    })
  }
  const deepest = Math.max(...named.map((name) => newest.findIndex((one) => one.name === name)))
  const needed = newest.slice(0, deepest + 1)
  throw new OperatorError({
    kind: 'refused',
    code: 'batch-crossed',
    message: `Migrations are undone from the newest on, and between those that were named are others: ${listed(needed.map(({ name }) => name))} would have to be undone. Nothing was undone.`,
    hint: `Where that is meant, name all of them: ${naming(needed, environment)}`,
    findings: findingsOf(needed, () => 'would have to be undone too'),
  })
}

function crossesBatches(
  step: number,
  migrations: readonly RanMigration[],
  newest: readonly RanMigration[],
  environment: string,
): OperatorError {
  const [first] = newest
  const last = newest.filter(({ batch }) => batch === first?.batch)
  const told = newest.filter(({ batch }) => migrations.some((one) => one.batch === batch))
  const what =
    migrations.length < last.length
      ? `takes ${migrations.length} of ${count(last.length, 'migration')} that were run together as batch ${first?.batch}`
      : `takes migrations of more than one batch`
  return new OperatorError({
    kind: 'refused',
    code: 'batch-crossed',
    message: `--step ${step} ${what}; the last ${told.length} are ${told.map(inBatch).join(', ')}. Code expects either all of a batch or none of it. Nothing was undone.`,
    hint: `The whole last batch: \`fakturino migrate rollback -e ${shellWord(environment)}\`. Where exactly so many are meant, name them: \`${naming(migrations, environment)}\``,
    findings: findingsOf(told, ({ name }) =>
      migrations.some((one) => one.name === name)
        ? 'would be undone'
        : 'was run together with those, and would be left',
    ),
  })
}

/** What artisan pretends tells which ones have no way back, and which ones its code does not have. Throws where either counts. */
export function refuseIrreversible(
  scope: RollbackScope,
  pretended: readonly PretendedMigration[],
  notFound: readonly string[],
  environment: string,
): void {
  if (notFound.length > 0) throw notInCode(notFound, environment)
  const strangers = pretended.filter(({ name }) => scope.migrations.every((one) => one.name !== name))
  if (strangers.length > 0) throw moved(strangers, environment)
  const irreversible = withoutWayBack(scope, pretended)
  if (irreversible.length === 0 || scope.isNamed) return
  throw new OperatorError({
    kind: 'refused',
    code: 'migration-irreversible',
    message: `Of ${count(scope.migrations.length, 'migration')} to undo in ${environment}, ${listed(irreversible)} ${irreversible.length === 1 ? 'tells' : 'tell'} nothing that would undo ${irreversible.length === 1 ? 'it' : 'them'}: it would be taken off the list, and the database left as it is, or the run would stop there. Nothing was undone.`,
    hint: `Repair forward with a new migration, or bring the services back without it: \`fakturino rollback services -e ${shellWord(environment)}\`. Where it is to be undone all the same, name every one: \`${naming(scope.migrations, environment)}\``,
    findings: findingsOf(scope.migrations, ({ name }) =>
      irreversible.includes(name) ? 'cannot be undone' : 'can be undone',
    ),
  })
}

/** Those for which artisan pretends nothing. */
export function withoutWayBack({ migrations }: RollbackScope, pretended: readonly PretendedMigration[]): string[] {
  return migrations.flatMap(({ name }) => {
    const statements = pretended.find((one) => one.name === name)?.statements ?? []
    return statements.length === 0 ? [name] : []
  })
}

function naming(migrations: readonly RanMigration[], environment: string): string {
  const names = migrations.map(({ name }) => `--migration ${name}`)
  return ['fakturino migrate rollback', ...names, '-e', shellWord(environment)].join(' ')
}

function inBatch({ name, batch }: RanMigration): string {
  return `${name} (batch ${batch})`
}

function findingsOf(migrations: readonly RanMigration[], what: (one: RanMigration) => string): Finding[] {
  return migrations.map((one) => ({
    code: 'migration-in-scope',
    severity: 'advisory',
    subject: one.name,
    message: `batch ${one.batch}: ${what(one)}`,
  }))
}

function notInCode(names: readonly string[], environment: string): OperatorError {
  const place = shellWord(environment)
  return new OperatorError({
    kind: 'refused',
    code: 'migration-not-in-code',
    message: `${listed(names)} ran in ${environment}, and the code that artisan runs with does not have ${names.length === 1 ? 'it' : 'them'}, so it cannot undo ${names.length === 1 ? 'it' : 'them'}: migrations go back before the services do. Nothing was undone.`,
    hint: `Bring back the commit that has ${names.length === 1 ? 'it' : 'them'}, \`fakturino rollback services --to COMMIT -e ${place}\`. Then run \`fakturino migrate rollback -e ${place}\`. After that, roll the services back.`,
  })
}

function moved(strangers: readonly PretendedMigration[], environment: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'moved',
    message: `artisan would undo ${listed(strangers.map(({ name }) => name))} too, which its list did not tell: somebody migrated ${environment} meanwhile. Nothing was undone.`,
    hint: 'Run the command again to see all of it.',
    retryable: true,
  })
}
