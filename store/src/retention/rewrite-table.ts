import { createStore, execute, firstRow, type QueryParams, type Store } from '../store.ts'

/** Parts are rewritten for as long as it takes. */
const TIMEOUT_MS = 86_400_000

/** Tables whose rows retention takes away or changes. */
export type RewrittenTable = 'runs' | 'spans' | 'scores' | 'run_traces' | 'run_minutes' | 'step_minutes'

/**
 * Deletes or changes rows of a table, and waits until the parts that have such rows are written anew. Only this gives the disk
 * back: rows that are merely marked as deleted stay in large parts, which are never merged again. Parts without such rows
 * are left as they are.
 * @param change `DELETE WHERE ...` or `UPDATE ... WHERE ...`
 * @returns by how many bytes the parts became smaller
 */
export async function rewriteTable(
  store: Store,
  table: RewrittenTable,
  change: string,
  params: QueryParams,
): Promise<number> {
  const before = await partsOf(store, table)
  const patient = createStore({ ...store, timeout: TIMEOUT_MS })
  try {
    await execute(patient, `ALTER TABLE ${table} ${change} SETTINGS mutations_sync = 1`, params)
  } finally {
    await patient.close()
  }
  const after = await partsOf(store, table, before.lastBlock)
  return Math.max(0, before.bytes - after.bytes)
}

interface Parts {
  readonly bytes: number
  readonly lastBlock: number
}

/** @param untilBlock parts that began later do not count: they came meanwhile */
async function partsOf(store: Store, table: string, untilBlock = Number.MAX_SAFE_INTEGER): Promise<Parts> {
  const row = await firstRow<Parts>(
    store,
    `SELECT sum(bytes_on_disk) AS bytes, max(max_block_number) AS lastBlock FROM system.parts
    WHERE active AND database = currentDatabase() AND table = {table:String} AND min_block_number <= {untilBlock:UInt64}`,
    { table, untilBlock },
  )
  return row ?? { bytes: 0, lastBlock: 0 }
}
