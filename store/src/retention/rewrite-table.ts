import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError } from '@weir/config'
import { execute, firstRow, type QueryParams, type Store } from '../store.ts'

/** A change that cannot be made is tried again by ClickHouse; what lasts has another cause than a moment. */
const FAILING_MS = 60_000
const POLL_MS = 50
const LONGEST_POLL_MS = 1_000

/** ClickHouse cannot rewrite a table, and goes on trying. */
class RewriteError extends InfrastructureError {
  override readonly code = 'REWRITE'
}

/** Tables whose rows retention takes away or changes. */
export type RewrittenTable =
  | 'runs'
  | 'run_index'
  | 'spans'
  | 'scores'
  | 'run_traces'
  | 'resources'
  | 'run_minutes'
  | 'step_minutes'

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
  // What an earlier round asked for comes first; while that fails, nothing is added to it.
  await untilRewritten(store, table)
  const before = await partsOf(store, table)
  await execute(store, `ALTER TABLE ${table} ${change}`, params)
  await untilRewritten(store, table)
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

/** However long that takes. @throws RewriteError */
async function untilRewritten(store: Store, table: string): Promise<void> {
  let failingSince: number | undefined
  for (let pause = POLL_MS; ; pause = Math.min(2 * pause, LONGEST_POLL_MS)) {
    const open = await firstRow<{ changes: number; reason: string }>(
      store,
      `SELECT count() AS changes, max(latest_fail_reason) AS reason FROM system.mutations
      WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done`,
      { table },
    )
    if (!open?.changes) return
    failingSince = open.reason === '' ? undefined : (failingSince ?? performance.now())
    if (failingSince !== undefined && performance.now() - failingSince > FAILING_MS)
      throw new RewriteError(`ClickHouse cannot rewrite the parts of ${table}: ${open.reason}`)
    await sleep(pause)
  }
}
