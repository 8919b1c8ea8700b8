import { spanConditions } from '../run-query/condition.ts'
import { firstRow, rows, type Store } from '../store.ts'
import { type Candidate, candidateColumns, trueOf } from './condition-search.ts'
import { runMinutes, toWindow } from './minutes.ts'
import { nanosecondsOf, type RunSearch, SEARCH_BOUNDS } from './runs.ts'
import { knowFew, matchSql, searchConditions } from './search-conditions.ts'

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
  const { first, last } = nanosecondsOf(search)
  const window = { begin: String(first), end: String(last) }
  const asked = await searchConditions(store, search)
  const conditions = await knowFew(store, asked, window, SEARCH_BOUNDS.fewTraces)
  const { params, condition, project } = conditions
  const matching = `FROM runs AS run ${matchSql(conditions)} LIMIT {limit:UInt32}`
  const bound = { ...params, ...window, limit: most + 1 }
  if (spanConditions(condition).length > 0) {
    const found = await rows<Candidate & { ms: number }>(
      store,
      `SELECT run.run_id AS runId, toUnixTimestamp64Milli(run.start) AS ms, ${candidateColumns(condition)}
      ${matching}`,
      bound,
    )
    const starts = (await trueOf(store, { project, params: bound }, found, condition))
      .map(({ ms }) => ms)
      .sort((a, b) => a - b)
    return {
      runs: Math.min(starts.length, most),
      isCut: found.length > most,
      firstMs: starts[0] ?? 0,
      lastMs: starts.at(-1) ?? 0,
    }
  }
  const row = await firstRow<Omit<RunCount, 'isCut'>>(
    store,
    `SELECT toUInt32(count()) AS runs, toUnixTimestamp64Milli(min(start)) AS firstMs, toUnixTimestamp64Milli(max(start)) AS lastMs
    FROM (SELECT run.start AS start ${matching})`,
    bound,
  )
  const { runs = 0, firstMs = 0, lastMs = 0 } = row ?? {}
  return { runs: Math.min(runs, most), isCut: runs > most, firstMs, lastMs }
}

/**
 * How many runs match, of whole minutes and by the minutes where these can tell, as totals and charts count them: then all
 * of them, however many.
 */
export async function countMatching(
  store: Store,
  search: Omit<RunSearch, 'order' | 'cursor' | 'limit'>,
): Promise<Pick<RunCount, 'runs' | 'isCut'>> {
  const window = toWindow(search, 2)
  const isWithin = window.fromMs <= search.from.getTime() && window.toMs >= search.to.getTime()
  // Minutes do not know what a query asks for.
  const isFine = search.query !== undefined && search.query.type !== 'all'
  if (isFine || !isWithin) return countRuns(store, search)
  const { sql, params } = runMinutes(store, search, window)
  const row = await firstRow<{ found: number }>(store, `SELECT sum(runs) AS found FROM ${sql}`, params)
  return { runs: row?.found ?? 0, isCut: false }
}
