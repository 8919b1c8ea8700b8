import { execute, firstRow, type Store } from '@weir/store'
import type { Running } from '../processes.ts'
import { chunkColumns, load, type Size, sizeOf, untilQuiet } from './load.ts'
import type { Variant } from './variants.ts'

interface Measured {
  readonly table: string
  readonly variant: Variant
  readonly insert: number
  readonly merge: number
  readonly size: Size
}

const HEAD = [
  '| table | insert us/span | one merge us/span | parts | B/span | of it payload | indexes |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
]

/** Loads the files into a table of each variant by turns, then merges each table into one part (per partition). */
export async function compareTables(
  engine: Running,
  store: Store,
  variants: readonly Variant[],
  files: readonly string[],
  spans: number,
): Promise<string> {
  const tables = await createTables(store, variants)
  const inserted = new Map<string, number>()
  for (const { table } of tables) await execute(store, `SYSTEM STOP MERGES ${table}`)
  const columns = await chunkColumns(store)
  for (const file of files)
    for (const { table } of tables)
      inserted.set(table, (inserted.get(table) ?? 0) + (await load(engine, store, table, file, columns)))
  const measured: Measured[] = []
  for (const { table, variant } of tables) {
    await execute(store, `SYSTEM START MERGES ${table}`)
    const before = engine.cpu()
    await execute(store, `OPTIMIZE TABLE ${table} FINAL`)
    const merge = engine.cpu() - before
    measured.push({ table, variant, insert: inserted.get(table)!, merge, size: await sizeOf(store, table) })
  }
  for (const { table } of tables) await execute(store, `DROP TABLE ${table} SYNC`)
  return [...HEAD, ...measured.map((row) => line(row, spans))].join('\n')
}

/** Loads the files into a table of each variant while it merges, as in life. */
export async function compareMerges(
  engine: Running,
  store: Store,
  variants: readonly Variant[],
  files: readonly string[],
  spans: number,
): Promise<string> {
  const lines: string[] = []
  for (const { table, variant } of await createTables(store, variants)) {
    const columns = await chunkColumns(store)
    let cpu = 0
    for (const file of files) cpu += await load(engine, store, table, file, columns)
    cpu += await untilQuiet(engine, store)
    const { parts, bytes } = await sizeOf(store, table)
    lines.push(
      `| ${variant.name} | ${((cpu * 1e6) / spans).toFixed(2)} | ${parts} | ${(bytes / spans).toFixed(1)} |`,
    )
    await execute(store, `DROP TABLE ${table} SYNC`)
  }
  return [
    '| table | inserts and merges us/span | parts left | B/span |',
    '| --- | ---: | ---: | ---: |',
    ...lines,
  ].join('\n')
}

async function createTables(
  store: Store,
  variants: readonly Variant[],
): Promise<{ table: string; variant: Variant }[]> {
  const created = await firstRow<{ statement: string }>(store, 'SHOW CREATE TABLE spans')
  const tables = variants.map((variant, at) => ({ table: `variant_${at}`, variant }))
  for (const { table, variant } of tables)
    await execute(
      store,
      variant.change(created!.statement.replace(/^CREATE TABLE \S+/, `CREATE TABLE ${table}`)),
    )
  return tables
}

function line({ variant, insert, merge, size }: Measured, spans: number): string {
  const [us, perSpan] = [
    (seconds: number) => ((seconds * 1e6) / spans).toFixed(2),
    (bytes: number) => (bytes / spans).toFixed(1),
  ]
  return `| ${variant.name} | ${us(insert)} | ${us(merge)} | ${size.parts} | ${perSpan(size.bytes)} | ${perSpan(size.payload)} | ${perSpan(size.indexes)} |`
}
