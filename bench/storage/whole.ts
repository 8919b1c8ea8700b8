import { execute, firstRow, rows, type Store } from '@weir/store'
import { type Memory, settleQuiet } from '@weir/store/settle'
import type { Running } from '../processes.ts'
import { chunkColumns, load } from './load.ts'

/** CPU of the engine, in seconds, for all that came so far. */
export interface Cost {
  inserts: number
  settling: number
}

/** Inserts a file into `spans` with its views, and settles what came. */
export async function fill(
  engine: Running,
  store: Store,
  file: string,
  settling: { readonly memory: Memory; readonly now: Date },
  cost: Cost,
): Promise<void> {
  cost.inserts += await load(engine, store, 'spans', file, await chunkColumns(store))
  const before = engine.cpu()
  while ((await settleQuiet(store, { quietMs: 0, ...settling })).more);
  cost.settling += engine.cpu() - before
}

/** What every table and column holds on disk: Markdown. */
export async function describeBytes(store: Store, spans: number): Promise<string> {
  await execute(store, 'SYSTEM FLUSH LOGS').catch(() => undefined) // where there are none
  const tables = await rows<{ table: string; bytes: number; rows: number; parts: number }>(
    store,
    `SELECT table, sum(bytes_on_disk) AS bytes, sum(rows) AS rows, count() AS parts FROM system.parts
    WHERE active AND database = currentDatabase() GROUP BY table HAVING bytes > 0.005 * ${spans} ORDER BY bytes DESC`,
  )
  const columns = await rows<{ column: string; bytes: number; raw: number }>(
    store,
    `SELECT column, sum(column_data_compressed_bytes) AS bytes, sum(column_data_uncompressed_bytes) AS raw FROM system.parts_columns
    WHERE active AND database = currentDatabase() AND table = 'spans' GROUP BY column HAVING bytes > 0.1 * ${spans} ORDER BY bytes DESC`,
  )
  const payload = await firstRow<{ bytes: number }>(
    store,
    `SELECT sum(column_data_compressed_bytes) AS bytes FROM system.parts_columns
    WHERE active AND database = currentDatabase() AND column IN ('input', 'output')`,
  )
  const per = (bytes: number) => (bytes / spans).toFixed(2)
  const all = tables.reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    `All tables: ${per(all)} B/span, of it ${per(payload!.bytes)} inputs and outputs of spans and runs.`,
    '',
    '| table | rows | parts | B/span |',
    '| --- | ---: | ---: | ---: |',
    ...tables.map(
      (table) =>
        `| ${table.table} | ${table.rows.toLocaleString('en')} | ${table.parts} | ${per(table.bytes)} |`,
    ),
    '',
    '| column of spans | B/span | uncompressed |',
    '| --- | ---: | ---: |',
    ...columns.map((column) => `| ${column.column} | ${per(column.bytes)} | ${per(column.raw)} |`),
  ].join('\n')
}
