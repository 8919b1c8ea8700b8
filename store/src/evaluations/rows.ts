import type { ClickHouseSettings } from '@clickhouse/client'
import { insert, rows, type Store } from '../store.ts'

/** For `LIMIT {limit: UInt32}` where all rows are wanted. */
export const NO_LIMIT = 0xffffffff

/** Rows of a query with its parameters and `project` bound. */
export function select<Row>(
  store: Store,
  query: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<Row[]> {
  return rows<Row>(store, query, { project: store.project, ...params })
}

export function insertRows(
  store: Store,
  table: string,
  values: readonly Readonly<Record<string, unknown>>[],
  settings?: ClickHouseSettings,
): Promise<void> {
  return insert(
    store,
    table,
    values.map((row) => ({ project: store.project, ...row })),
    settings,
  )
}

/**
 * Inserts rows that replace those of the same keys, also where the clock was set back since those were written.
 * @param version the table's column that decides which of two rows stays
 */
export async function replaceRows(
  store: Store,
  table: 'experiments' | 'monitors' | 'baselines',
  version: 'updated' | 'promoted',
  values: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const [newest] = await select<{ version: string }>(
    store,
    `SELECT toString(greatest(now64(6), max(${version}) + INTERVAL 1 MICROSECOND)) AS version
     FROM ${table} WHERE project = {project: String}`,
  )
  await insertRows(
    store,
    table,
    values.map((row) => ({ ...row, [version]: newest!.version })),
  )
}

/** A DateTime64(3, 'UTC') value of milliseconds since 1970. */
export function toDateTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '')
}

/** A DateTime64(9, 'UTC') value of nanoseconds since 1970. */
export function toDateTimeNano(nanoseconds: bigint): string {
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0')
  return `${toDateTime(Number(nanoseconds / 1_000_000_000n) * 1000).slice(0, 19)}.${fraction}`
}
