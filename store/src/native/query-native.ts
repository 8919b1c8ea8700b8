import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { WITHOUT_MERGED_INDEXES } from '../merged-indexes.ts'
import type { QueryParams, Store } from '../store.ts'
import { type NativeBlock, type NativeValue, readNative } from './read-native.ts'
import { type ColumnToWrite, writeNative } from './write-native.ts'

/** The answer to a query in ClickHouse's Native format. */
export async function queryNative(store: Store, query: string, params: QueryParams = {}): Promise<Buffer> {
  const { stream } = await store.client.exec({
    query: `${query}\nFORMAT Native`,
    query_params: { ...params },
    ...(store.signal === undefined ? {} : { abort_signal: store.signal }),
  })
  return buffer(stream)
}

/** A value of the row that {@link forEachRow} is at, by its column. */
export type ReadValue = (column: string) => NativeValue | undefined

/** The rows of an answer, one function call each. */
export async function forEachRow(
  store: Store,
  query: string,
  params: QueryParams,
  use: (value: ReadValue) => void,
): Promise<void> {
  for (const block of readNative(await queryNative(store, query, params))) {
    for (let row = 0; row < block.rows; row++) use(valueAt(block, row))
  }
}

/** The only row of an answer. */
export async function firstNative(store: Store, query: string, params: QueryParams = {}): Promise<ReadValue> {
  for (const block of readNative(await queryNative(store, query, params))) {
    if (block.rows > 0) return valueAt(block, 0)
  }
  throw new Error('expected a row, got none')
}

function valueAt({ columns }: NativeBlock, row: number): ReadValue {
  return (column) => columns.get(column)?.at(row)
}

/** Inserts rows. What the table has and `columns` have not takes its default. */
export async function insertNative<Row>(
  store: Store,
  table: string,
  rows: readonly Row[],
  columns: readonly ColumnToWrite<Row>[],
): Promise<void> {
  if (rows.length > 0) await insertBlocks(store, table, columns, [writeNative(rows, columns)])
}

/** Inserts blocks of {@link writeNative} that have these columns. */
export async function insertBlocks(
  store: Store,
  table: string,
  columns: readonly { readonly name: string }[],
  blocks: readonly Buffer[],
): Promise<void> {
  if (blocks.length === 0) return
  const names = columns.map(({ name }) => name).join(', ')
  const { stream } = await store.client.exec({
    query: `INSERT INTO ${table} (${names}) FORMAT Native`,
    values: Readable.from(blocks),
    // Rows that replace each other are not looked for within an insert.
    clickhouse_settings: { optimize_on_insert: 0, ...WITHOUT_MERGED_INDEXES, wait_end_of_query: 1 },
  })
  await buffer(stream)
}

/** A subquery costs as much as so many constants, and much more than few. */
const MOST_CONSTANTS = 500

/**
 * SQL: these ids, for `IN`. They are part of the query's text, where hex digits and base64 have no character that
 * ends a text: 50,000 bound parameters would not fit into the address of a request.
 * @param ids hex digits, all of them `bytes` bytes long
 */
export function idsSql(ids: readonly string[], bytes: number): string {
  if (ids.length > 0 && ids.length <= MOST_CONSTANTS)
    return `(${ids.map((id) => `unhex('${id}')`).join(', ')})`
  const text = Buffer.from(ids.join(''), 'hex').toString('base64')
  return `(SELECT toFixedString(substring(base64Decode('${text}'), ${bytes} * number + 1, ${bytes}), ${bytes}) FROM numbers(${ids.length}))`
}

/** SQL: an array of these texts, however many: parameters travel in the URL. */
export function textArraySql(texts: readonly string[]): string {
  const json = Buffer.from(JSON.stringify(texts)).toString('base64')
  return `JSONExtract(base64Decode('${json}'), 'Array(String)')`
}

/** SQL: a subquery that gives these texts, for `IN`. */
export function textsSql(texts: readonly string[]): string {
  return `(SELECT arrayJoin(${textArraySql(texts)}))`
}
