import { SchemaError } from './schema-error.ts'
import { rows, type Store } from './store.ts'

/**
 * The files of `migrations/`, in their order. A list, and not a look into the directory, since the dashboard's bundle has
 * no directory.
 */
export const MIGRATIONS: readonly string[] = [
  '001_settling.sql',
  '002_spans.sql',
  '003_runs.sql',
  '004_rollups.sql',
  '005_evaluations.sql',
  '006_monitors.sql',
  '007_projects.sql',
  '008_upgrade.sql',
  '009_run_index.sql',
  '010_retention.sql',
  '011_durations.sql',
  '012_resources.sql',
  '013_texts.sql',
  '014_lost_steps.sql',
  '015_upgrade.sql',
  '016_upgrade.sql',
]

/**
 * For those who read without migrating.
 * @throws SchemaError where another version has migrated the database
 */
export async function requireKnownSchema(store: Store): Promise<void> {
  requireKnown(store.database, await appliedNames(store))
}

export async function appliedNames(store: Store): Promise<ReadonlySet<string>> {
  return new Set((await rows<{ name: string }>(store, 'SELECT name FROM migrations')).map((row) => row.name))
}

/** In every database that was made before its schema was written anew, and in none since. */
const EARLIER = '006_settling.sql'

/** @throws SchemaError */
export function requireKnown(database: string, applied: ReadonlySet<string>): void {
  if (applied.has(EARLIER)) throw new SchemaError(describeEarlier(database))
  const unknown = [...applied].filter((name) => !MIGRATIONS.includes(name)).sort()
  if (unknown.length > 0) throw new SchemaError(describeNewer(database, unknown.at(-1)!))
}

function describeEarlier(database: string): string {
  return (
    `the database \`${database}\` was made by an earlier Weir, whose tables this one cannot read. Write the traces that you ` +
    'want to keep to files with that version (`weir export --run ID`), start this one with another WEIR_HOME, or another ' +
    'WEIR_CLICKHOUSE_DATABASE on a server of your own, and read them in (`weir import FILE...`)'
  )
}

function describeNewer(database: string, newest: string): string {
  const withoutSuffix = (file: string) => file.replace(/\.sql$/, '')
  return (
    `the database \`${database}\` was brought to ${withoutSuffix(newest)} by a newer Weir; this one knows ` +
    `the schema up to ${withoutSuffix(MIGRATIONS.at(-1)!)}. Run the newer version, restore a backup that was made before, or ` +
    'set WEIR_CLICKHOUSE_DATABASE to another database'
  )
}
