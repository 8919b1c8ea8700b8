import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { appliedNames, MIGRATIONS, requireKnown } from './known-schema.ts'
import { createStore, execute, insert, rows, type Store } from './store.ts'

const DIRECTORY = new URL('../migrations/', import.meta.url)

const MIGRATIONS_TABLE = `
  CREATE TABLE IF NOT EXISTS migrations
  (
      name String,
      applied DateTime64(3, 'UTC') DEFAULT now64(3)
  )
  ENGINE = ReplacingMergeTree(applied)
  ORDER BY name`

/** Converting what is stored takes as long as it takes: an answer may be a day away. */
const STATEMENT_TIMEOUT_MS = 86_400_000

/** One statement of a migration. */
export interface Statement {
  readonly sql: string
  /** A query: the statement is to be run only while this returns a row. */
  readonly onlyWhile?: string
}

/**
 * Creates the database and brings its tables up to date; returns the names of the files that it applied.
 * Every statement of a migration is idempotent (`IF NOT EXISTS`, or `-- only while: <query>` above it), so that two
 * processes may start together and a migration that was interrupted is repeated from its beginning. A file that was
 * released keeps its name for ever: a name that no file has says that a newer version made it.
 * @throws SchemaError where a newer version has migrated the database; it is left as it is
 */
export async function migrate(store: Store): Promise<string[]> {
  await createDatabase(store)
  await execute(store, MIGRATIONS_TABLE)
  const applied = await appliedNames(store)
  requireKnown(store.database, applied)
  const pending = MIGRATIONS.filter((name) => !applied.has(name))
  if (pending.length > 0) await applyAll(store, pending)
  else await dropReplaced(store)
  return pending
}

/** Drops what migrations renamed away, once no other process can still be in the middle of the same migration. */
async function dropReplaced(store: Store): Promise<void> {
  const replaced = await rows<{ name: string }>(
    store,
    `SELECT name FROM system.tables
    WHERE database = currentDatabase() AND startsWith(name, 'replaced_')
      AND (SELECT max(applied) FROM migrations) < now64(3) - INTERVAL 1 HOUR`,
  )
  for (const { name } of replaced) await execute(store, 'DROP TABLE IF EXISTS {name:Identifier}', { name })
}

async function applyAll(store: Store, names: readonly string[]): Promise<void> {
  const patient = createStore({ ...store, timeout: STATEMENT_TIMEOUT_MS })
  try {
    for (const name of names) await applyFile(patient, name)
  } finally {
    await patient.close()
  }
}

/** Where another process was faster, a statement may fail because a later one has been run: then the file is done. */
async function applyFile(store: Store, name: string): Promise<void> {
  const sql = await readFile(new URL(name, DIRECTORY), 'utf8')
  try {
    for (const statement of toStatements(sql)) await apply(store, statement)
  } catch (error) {
    if ((await appliedNames(store)).has(name)) return
    throw error
  }
  await insert(store, 'migrations', [{ name }])
}

/** A statement that fails because another process has just done the same is done: what it did may take a moment to show. */
async function apply(store: Store, { sql, onlyWhile }: Statement): Promise<void> {
  const isDue = async () => onlyWhile === undefined || (await rows(store, onlyWhile)).length > 0
  if (!(await isDue())) return
  try {
    await execute(store, sql)
  } catch (error) {
    for (const pause of onlyWhile === undefined ? [] : [0, 100, 1000]) {
      await sleep(pause)
      if (!(await isDue())) return
    }
    throw error
  }
}

/** The client's own database does not exist yet, so this one request goes to `default`. */
async function createDatabase(store: Store): Promise<void> {
  const log = { level: ClickHouseLogLevel.OFF } // errors are thrown
  const client = createClient({ url: store.url, database: 'default', log })
  try {
    const query_params = { database: store.database }
    await client.command({ query: 'CREATE DATABASE IF NOT EXISTS {database:Identifier}', query_params })
  } finally {
    await client.close()
  }
}

/**
 * Splits a file at the semicolons that end a line, without comment lines but those that say when to run a statement.
 * This is the one place through which all DDL passes: macros for a cluster's engines belong here.
 */
export function toStatements(sql: string): Statement[] {
  return sql
    .replace(/^--(?! only while: ).*$/gm, '')
    .split(/;\s*$/m)
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(toStatement)
}

function toStatement(text: string): Statement {
  const [, onlyWhile, sql] = /^-- only while: (.*)\n([\s\S]*)$/.exec(text) ?? []
  return onlyWhile === undefined || sql === undefined ? { sql: text } : { sql: sql.trim(), onlyWhile }
}
