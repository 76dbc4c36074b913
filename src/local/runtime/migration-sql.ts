import type { CodeMigration } from '../repositories.ts'

interface Statements {
  up: string
  down: string
}

/** What a migration asks of the database, told from its name as Laravel's own generator would read it. */
export function statementsOf({ name }: CodeMigration): Statements {
  const what = name.replace(/^\d{4}_\d{2}_\d{2}_\d+_/, '')
  const [, created] = /^create_(\w+?)(?:_table)?$/.exec(what) ?? []
  if (created !== undefined) {
    return {
      up: `create table "${created}" ("id" bigserial not null primary key, "created_at" timestamp(0) without time zone null, "updated_at" timestamp(0) without time zone null)`,
      down: `drop table if exists "${created}"`,
    }
  }
  const [, column, table] = /^(?:add|drop|remove)_(\w+)_(?:to|from|of|in)_(\w+?)(?:_table)?$/.exec(what) ?? []
  if (column !== undefined && table !== undefined) {
    const add = `alter table "${table}" add column "${column}" varchar(255) null`
    const drop = `alter table "${table}" drop column "${column}"`
    return what.startsWith('add_') ? { up: add, down: drop } : { up: drop, down: add }
  }
  const index = `${what}_index`
  return { up: `create index "${index}" on "invoices" ("id")`, down: `drop index "${index}"` }
}
