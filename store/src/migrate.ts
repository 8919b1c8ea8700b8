import { readFile } from 'node:fs/promises'
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

/**
 * Creates the database and brings its tables up to date; returns the names of the files that it applied.
 * Every statement of a migration is idempotent (`IF NOT EXISTS`), so that two processes may start together and a migration
 * that was interrupted is repeated from its beginning. A file that was released keeps its name for ever: a name that no
 * file has says that a newer version made it.
 * @throws SchemaError where another version has made the database; it is left as it is
 */
export async function migrate(store: Store): Promise<string[]> {
  await createDatabase(store)
  const isNew = !(await hasTables(store))
  await execute(store, MIGRATIONS_TABLE)
  const applied = await appliedNames(store)
  requireKnown(store.database, applied)
  const pending = MIGRATIONS.filter((name) => !applied.has(name))
  if (isNew) await createAll(store, pending)
  else if (pending.length > 0) await applyAll(store, pending)
  return pending
}

async function hasTables(store: Store): Promise<boolean> {
  return (await rows(store, 'SHOW TABLES LIMIT 1')).length > 0
}

/** A table stands whole where it is created. All other statements are for databases that an earlier version made. */
async function createAll(store: Store, names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (const statement of await statementsOf(name))
      if (statement.startsWith('CREATE')) await execute(store, statement)
  }
  await noteApplied(store, names)
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
  if ((await appliedNames(store)).has(name)) return
  try {
    for (const statement of await statementsOf(name)) await execute(store, statement)
  } catch (error) {
    if ((await appliedNames(store)).has(name)) return
    throw error
  }
  await noteApplied(store, [name])
}

async function statementsOf(name: string): Promise<string[]> {
  return toStatements(await readFile(new URL(name, DIRECTORY), 'utf8'))
}

async function noteApplied(store: Store, names: readonly string[]): Promise<void> {
  await insert(
    store,
    'migrations',
    names.map((name) => ({ name })),
  )
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
 * Splits a file at the semicolons that end a line, without comment lines.
 * This is the one place through which all DDL passes: macros for a cluster's engines belong here.
 */
export function toStatements(sql: string): string[] {
  return sql
    .replace(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((text) => text.trim())
    .filter((text) => text !== '')
}
