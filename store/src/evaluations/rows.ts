import type { Store } from '../client.ts'

/** Rows of a query with its parameters bound; `project` is always bound. */
export async function select<Row>(
  store: Store,
  query: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<Row[]> {
  const result = await store.client.query({
    query,
    query_params: { project: store.project, ...params },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return result.json<Row>()
}

export async function insertRows(
  store: Store,
  table: string,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  if (rows.length === 0) return
  const values = rows.map((row) => ({ project: store.project, ...row }))
  await store.client.insert({ table, values, format: 'JSONEachRow' })
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
