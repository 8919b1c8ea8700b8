import { readdir, readFile } from 'node:fs/promises'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { execute, insert, rows, type Store } from './store.ts'

const DIRECTORY = new URL('../migrations/', import.meta.url)

const MIGRATIONS_TABLE = `
  CREATE TABLE IF NOT EXISTS migrations
  (
      name String,
      applied DateTime64(3, 'UTC') DEFAULT now64(3)
  )
  ENGINE = ReplacingMergeTree(applied)
  ORDER BY name`

/**
 * Creates the database and brings its tables up to date; returns the names of the files that it applied.
 * Every statement of a migration is idempotent (`IF NOT EXISTS`), so that two processes may start together and
 * a migration that was interrupted is repeated from its beginning.
 */
export async function migrate(store: Store): Promise<string[]> {
  await createDatabase(store)
  await execute(store, MIGRATIONS_TABLE)
  const applied = new Set(
    (await rows<{ name: string }>(store, 'SELECT name FROM migrations')).map((row) => row.name),
  )
  const pending = (await migrationFiles()).filter((name) => !applied.has(name))
  for (const name of pending) {
    const sql = await readFile(new URL(name, DIRECTORY), 'utf8')
    for (const statement of toStatements(sql)) await execute(store, statement)
    await insert(store, 'migrations', [{ name }])
  }
  return pending
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

async function migrationFiles(): Promise<string[]> {
  return (await readdir(DIRECTORY)).filter((name) => name.endsWith('.sql')).sort()
}

/**
 * Splits a file at the semicolons that end a line, without comment lines.
 * This is the one place through which all DDL passes: macros for a cluster's engines belong here.
 */
export function toStatements(sql: string): string[] {
  return sql
    .replace(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
