import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { QueryParams, Store } from '../store.ts'
import { type NativeColumn, readNative } from './read-native.ts'
import { type ColumnToWrite, writeNative } from './write-native.ts'

/** The answer to a query in ClickHouse's Native format. */
export async function queryNative(store: Store, query: string, params: QueryParams = {}): Promise<Buffer> {
  const { stream } = await store.client.exec({
    query: `${query}\nFORMAT Native`,
    query_params: { ...params },
    ...(store.signal === undefined ? {} : { abort_signal: store.signal }),
    // The text of a query may hold the ids of all traces of a pass.
    clickhouse_settings: { max_query_size: String(MOST_QUERY_BYTES) },
  })
  return buffer(stream)
}

const MOST_QUERY_BYTES = 64 * 1024 * 1024

/** The rows of an answer, one function call each. */
export async function forEachRow(
  store: Store,
  query: string,
  params: QueryParams,
  use: (columns: ReadonlyMap<string, NativeColumn>, row: number) => void,
): Promise<void> {
  for (const { rows, columns } of readNative(await queryNative(store, query, params))) {
    for (let row = 0; row < rows; row++) use(columns, row)
  }
}

/** Inserts rows as one block. What the table has and `columns` have not takes its default. */
export async function insertNative<Row>(
  store: Store,
  table: string,
  rows: readonly Row[],
  columns: readonly ColumnToWrite<Row>[],
): Promise<void> {
  if (rows.length === 0) return
  const names = columns.map(({ name }) => name).join(', ')
  const { stream } = await store.client.exec({
    query: `INSERT INTO ${table} (${names}) FORMAT Native`,
    values: Readable.from([writeNative(rows, columns)]),
    // Rows that replace each other are not looked for within an insert.
    clickhouse_settings: { optimize_on_insert: 0, wait_end_of_query: 1 },
  })
  await buffer(stream)
}

/**
 * SQL: a subquery that gives these ids, for `IN`. They are part of the query's text, where base64 has no character that
 * ends a text: 50,000 bound parameters would not fit into the address of a request.
 * @param ids hex digits, all of them `bytes` bytes long
 */
export function idsSql(ids: readonly string[], bytes: number): string {
  const text = Buffer.from(ids.join(''), 'hex').toString('base64')
  return `(SELECT toFixedString(substring(base64Decode('${text}'), ${bytes} * number + 1, ${bytes}), ${bytes}) FROM numbers(${ids.length}))`
}

/** SQL: a subquery that gives these texts, for `IN`. */
export function textsSql(texts: readonly string[]): string {
  const json = Buffer.from(JSON.stringify(texts)).toString('base64')
  return `(SELECT arrayJoin(JSONExtract(base64Decode('${json}'), 'Array(String)')))`
}
