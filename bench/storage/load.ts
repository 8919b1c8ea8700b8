import { setTimeout as sleep } from 'node:timers/promises'
import { firstRow, rows, type Store } from '@weir/store'
import { insertNativeFile, writeNativeFile } from '../native-file.ts'
import type { Running } from '../processes.ts'
import { CHUNK, SELECT_CHUNK } from './generate-spans.ts'

/** Rows of an insert's parts: what a collector delivers in a second or two under load. */
const PART_ROWS = 131_072
const QUIET_CPU = 0.08
const TIMEOUT_SECONDS = 900

/** Keeps a chunk of generated spans as a Native file; gives its rows. */
export async function writeChunk(
  store: Store,
  file: string,
  params: { chunk: number; chunks: number; end: number },
): Promise<number> {
  const bound = { ...CHUNK, ...params }
  await writeNativeFile(store, file, SELECT_CHUNK, bound)
  const row = await firstRow<{ n: number }>(store, `SELECT count() AS n FROM (${SELECT_CHUNK})`, bound)
  return row?.n ?? 0
}

/** The columns that a chunk has. */
export async function chunkColumns(store: Store): Promise<string> {
  const params = { ...CHUNK, chunk: 0, chunks: 1, end: 0 }
  const described = await rows<{ name: string }>(store, `DESCRIBE (${SELECT_CHUNK})`, params)
  return described.map(({ name }) => name).join(', ')
}

/** Loads a file in one thread, part by part; gives the seconds of CPU that the engine took. */
export async function load(
  engine: Running,
  store: Store,
  table: string,
  file: string,
  columns: string,
): Promise<number> {
  const before = engine.cpu()
  await insertNativeFile(store, table, columns, file, {
    max_threads: 1,
    max_insert_threads: 1,
    max_insert_block_size: PART_ROWS,
    min_insert_block_size_rows: PART_ROWS,
    min_insert_block_size_bytes: 0,
    optimize_on_insert: 0,
    max_partitions_per_insert_block: 0,
  })
  return engine.cpu() - before
}

/** Waits until nothing is merged any more; gives the seconds of CPU until then. */
export async function untilQuiet(engine: Running, store: Store): Promise<number> {
  const begin = engine.cpu()
  for (let second = 0; second < TIMEOUT_SECONDS; second++) {
    const before = engine.cpu()
    await sleep(1000)
    const row = await firstRow<{ n: number }>(store, 'SELECT count() AS n FROM system.merges')
    if (row?.n === 0 && engine.cpu() - before < QUIET_CPU) return engine.cpu() - begin
  }
  throw new Error(`the engine is busy after ${TIMEOUT_SECONDS} s`)
}

export interface Size {
  readonly parts: number
  readonly bytes: number
  readonly indexes: number
  readonly payload: number
}

/** What a table holds on disk; payload: input and output. */
export async function sizeOf(store: Store, table: string): Promise<Size> {
  const size = await firstRow<Size>(
    store,
    `SELECT count() AS parts, sum(bytes_on_disk) AS bytes, sum(secondary_indices_compressed_bytes) AS indexes,
      (SELECT sum(column_data_compressed_bytes) FROM system.parts_columns
        WHERE active AND database = currentDatabase() AND table = {table:String} AND column IN ('input', 'output')) AS payload
    FROM system.parts WHERE active AND database = currentDatabase() AND table = {table:String}`,
    { table },
  )
  return size!
}
