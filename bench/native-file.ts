import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type QueryParams, type Store, WITHOUT_MERGED_INDEXES } from '@weir/store'

/** Keeps the rows of a query in a file in ClickHouse's Native format. */
export async function writeNativeFile(
  store: Store,
  file: string,
  query: string,
  params: QueryParams = {},
): Promise<void> {
  const { stream } = await store.client.exec({
    query: `${query} FORMAT Native`,
    query_params: { ...params },
  })
  await pipeline(stream, createWriteStream(file))
}

/** Inserts such a file, as the collector inserts its segments. */
export async function insertNativeFile(
  store: Store,
  table: string,
  columns: string,
  file: string,
  settings: Record<string, string | number> = {},
): Promise<void> {
  const { stream } = await store.client.exec({
    query: `INSERT INTO ${table} (${columns}) FORMAT Native`,
    values: createReadStream(file),
    clickhouse_settings: { wait_end_of_query: 1, ...WITHOUT_MERGED_INDEXES, ...settings },
  })
  for await (const _ of stream);
}
