import { SchemaError } from './schema-error.ts'
import { rows, type Store } from './store.ts'

/**
 * The files of `migrations/`, in their order. A list, and not a look into the directory, since the dashboard's bundle has
 * no directory.
 */
export const MIGRATIONS: readonly string[] = [
  '001_spans.sql',
  '002_runs.sql',
  '003_rollups.sql',
  '004_evaluations.sql',
  '005_monitors.sql',
  '006_settling.sql',
  '007_lean_spans.sql',
  '008_settling_passes.sql',
  '009_api_keys.sql',
  '010_exactly_once.sql',
  '011_run_search.sql',
  '012_settling_queue.sql',
  '013_compact_parts.sql',
  '014_flows.sql',
  '015_dataset_versions.sql',
]

/**
 * For those who read without migrating.
 * @throws SchemaError where a newer version has migrated the database
 */
export async function requireKnownSchema(store: Store): Promise<void> {
  requireKnown(store.database, await appliedNames(store))
}

export async function appliedNames(store: Store): Promise<ReadonlySet<string>> {
  return new Set((await rows<{ name: string }>(store, 'SELECT name FROM migrations')).map((row) => row.name))
}

/** @throws SchemaError */
export function requireKnown(database: string, applied: ReadonlySet<string>): void {
  const unknown = [...applied].filter((name) => !MIGRATIONS.includes(name)).sort()
  if (unknown.length > 0) throw new SchemaError(database, unknown, MIGRATIONS.at(-1) ?? 'nothing')
}
