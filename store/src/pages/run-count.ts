import { firstRow, type Store } from '../store.ts'
import { nanosecondsOf, type RunSearch, searchConditions } from './runs.ts'

/** How many runs match, and when they started. */
export interface RunCount {
  readonly runs: number
  /** There are more: then the starts are those of the runs that were counted. */
  readonly isCut: boolean
  /** Milliseconds since 1970 of the first and of the last start, rounded down; 0 without a run. */
  readonly firstMs: number
  readonly lastMs: number
}

/** Counting ends here: whoever loosens a filter need not know more. */
const MOST = 10_000

/** Counts the runs that a search would find on all its pages, `most` at most. */
export async function countRuns(
  store: Store,
  search: Omit<RunSearch, 'order' | 'cursor' | 'limit'>,
  most: number = MOST,
): Promise<RunCount> {
  const { where, params } = searchConditions(store, search)
  const { first, last } = nanosecondsOf(search)
  const row = await firstRow<Omit<RunCount, 'isCut'>>(
    store,
    `SELECT toUInt32(count()) AS runs, toUnixTimestamp64Milli(min(start)) AS firstMs, toUnixTimestamp64Milli(max(start)) AS lastMs
    FROM (
      SELECT run.start AS start FROM runs AS run FINAL
      WHERE ${where}
        AND run.start >= fromUnixTimestamp64Nano({begin:Int64}, 'UTC') AND run.start <= fromUnixTimestamp64Nano({end:Int64}, 'UTC')
      LIMIT {limit:UInt32})`,
    { ...params, begin: String(first), end: String(last), limit: most + 1 },
  )
  const { runs = 0, firstMs = 0, lastMs = 0 } = row ?? {}
  return { runs: Math.min(runs, most), isCut: runs > most, firstMs, lastMs }
}
