import { hoursSql, indexedSql, isNone } from '../run-query/condition.ts'
import type { Query } from '../run-query/query.ts'
import { firstRow, rows, type Store } from '../store.ts'
import { type Candidate, candidateColumns, trueOf } from './condition-search.ts'
import { type Cursor, parseCursor, toCursor } from './cursor.ts'
import type { RunFilter } from './filter.ts'
import { afterCursor, keyText, ORDER_OF, type Order, orderBy, type RunOrder } from './run-order.ts'
import { RUN_ROW, type RunRow, type SelectedRunRow, toRunRow } from './run-row.ts'
import {
  asksForSpans,
  knowFew,
  looksThroughSpans,
  matchSql,
  type RunWindow,
  type SearchConditions,
  searchConditions,
} from './search-conditions.ts'

export interface RunSearch extends RunFilter {
  /** What else the runs must be. */
  readonly query?: Query | undefined
  /** Default: newest. */
  readonly order?: RunOrder | undefined
  /** {@link RunsPage.next} of the page before. */
  readonly cursor?: string | undefined
  /** 1..500, default 50. */
  readonly limit?: number | undefined
}

export interface RunsPage {
  readonly runs: readonly RunRow[]
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null
}

/** How a search finds its way; what it finds does not depend on it. */
export interface SearchBounds {
  /** So many of the newest runs are looked at by themselves, before the spans of a window are looked through. */
  readonly newestRuns: number
  /** So many traces may be looked up one by one. */
  readonly fewTraces: number
}

export const SEARCH_BOUNDS: SearchBounds = { newestRuns: 100, fewTraces: 1_000 }

/** One page of the runs that match, by key: a page never repeats or skips a run that does not change. */
export async function searchRuns(
  store: Store,
  search: RunSearch,
  bounds: SearchBounds = SEARCH_BOUNDS,
): Promise<RunsPage> {
  const limit = Math.min(500, Math.max(1, search.limit ?? 50))
  const name = search.order ?? 'newest'
  const order = ORDER_OF[name]
  const cursor = parseCursor(search.cursor, order.type)
  const found =
    name === 'newest'
      ? await findNewest(store, search, cursor, limit + 1, bounds)
      : await findInOrder(store, search, order, cursor, limit + 1, bounds)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const next = found.length > limit && last ? toCursor(last.orderKey, last.runId) : null
  return {
    runs: page.map(({ traceIds: _, sharesTraces: __, truths: ___, orderKey: ____, ...row }) => toRunRow(row)),
    next,
  }
}

const MINUTES_10 = 600_000_000_000n
const HOUR = 3_600_000_000_000n
const GROWTH = 8
/** Each window looks through all spans that came since it began. */
const GROWTH_WITH_SPANS = 64

/** Looks back in windows that grow, so that a page costs what it shows and not what the filter's window holds. */
async function findNewest(
  store: Store,
  search: RunSearch,
  cursor: Cursor | undefined,
  limit: number,
  bounds: SearchBounds,
): Promise<FoundRun[]> {
  const { first, last } = nanosecondsOf(search)
  const conditions = await searchConditions(store, search)
  // The cursor's own nanosecond is part of the window: other runs may have started in it.
  const end = cursor ? BigInt(cursor.key) : last
  const find = (known: SearchConditions, window: RunWindow, wanted: number, runs?: string) =>
    findWithin(store, known, ORDER_OF.newest, window, cursor, wanted, runs)
  const findInWindows = async (known: SearchConditions, span: Span, wanted: number) => {
    const begin = await beginOfFirst(store, known, span, wanted)
    const growth = looksThroughSpans(known.condition) ? GROWTH_WITH_SPANS : GROWTH
    const windows = { span, shortest: span[1] - begin + 1n, growth }
    return collect(windows, wanted, (window, left) => find(known, toWindow(window), left))
  }
  if (!asksForSpans(conditions.condition) || indexedSql(conditions.condition))
    return findInWindows(conditions, [first, end], limit)
  const windows = { span: [first, end], shortest: 2n * HOUR, growth: GROWTH_WITH_SPANS } as const
  return collect(windows, limit, async ([from, to], wanted) => {
    const known = await knowFew(store, conditions, toWindow([from, to]), bounds.fewTraces)
    if (!looksThroughSpans(known.condition)) return findInWindows(known, [from, to], wanted)
    const begin = await beginOfNewest(store, known, [from, to], bounds.newestRuns)
    const found = await find(known, toWindow([begin, to]), wanted, '1')
    if (found.length === wanted || begin <= from) return found
    return [...found, ...(await findInWindows(known, [from, begin - 1n], wanted - found.length))]
  })
}

/** Nanoseconds since 1970, both included. */
type Span = readonly [begin: bigint, end: bigint]

const toWindow = ([begin, end]: Span): RunWindow => ({ begin: String(begin), end: String(end) })

/** How a span of time is looked through: in windows, the last of it first. */
interface Windows {
  readonly span: Span
  /** Nanoseconds of the first window. */
  readonly shortest: bigint
  /** How much longer the next window is, where one has nothing. */
  readonly growth: number
}

/** After a window that has some of what is wanted, the next one is as long as the rest should take, and as much again. */
async function collect(
  { span: [first, last], shortest, growth }: Windows,
  limit: number,
  find: (window: Span, left: number) => Promise<FoundRun[]>,
): Promise<FoundRun[]> {
  const found: FoundRun[] = []
  for (let [end, length] = [last, shortest]; end >= first && found.length < limit; ) {
    const begin = end - length + 1n < first ? first : end - length + 1n
    const some = await find([begin, end], limit - found.length)
    found.push(...some)
    end = begin - 1n
    const needed = Math.ceil((2 * (limit - found.length)) / some.length)
    length *= BigInt(Math.min(growth, Math.max(1, needed)))
  }
  return found
}

/** Where the first window begins. */
async function beginOfFirst(
  store: Store,
  { condition, params }: SearchConditions,
  [first, end]: Span,
  wanted: number,
): Promise<bigint> {
  // What an index finds is few, and found at once.
  if (indexedSql(condition)) return first
  const within = (begin: bigint) => (begin < first || begin > end ? first : begin)
  const hours = hoursSql(condition)
  if (hours === undefined) return within(end - MINUTES_10 + 1n)
  const row = await firstRow<{ hour: number; runs: number }>(
    store,
    `SELECT min(hour) AS hour, count() AS runs FROM (${hours} LIMIT {wanted:UInt32})`,
    { ...params, ...toWindow([first, end]), wanted },
  )
  return row?.runs === wanted ? within(BigInt(row.hour) * HOUR) : first
}

/** When the newest runs of a filter began, so many of the last ten minutes as are wanted, or all of these. */
async function beginOfNewest(
  store: Store,
  { filter, latest, params }: SearchConditions,
  [first, end]: Span,
  runs: number,
): Promise<bigint> {
  const begin = end - MINUTES_10 < first ? first : end - MINUTES_10
  const row = await firstRow<{ begin: string; runs: number }>(
    store,
    `SELECT toString(toUnixTimestamp64Nano(min(start))) AS begin, count() AS runs
    FROM (SELECT run.start AS start FROM runs AS run PREWHERE ${filter} WHERE ${latest} ORDER BY start DESC LIMIT {runs:UInt32})`,
    { ...params, ...toWindow([begin, end]), runs },
  )
  return row !== undefined && row.runs === runs ? BigInt(row.begin) : begin
}

/** The latest start that can be stored: 2262-04-11T23:47:16.854775807Z. */
const LAST_START = 2n ** 63n - 1n

/** The first and the last nanosecond of a window, of those that a start can have. */
export function nanosecondsOf({ from, to, aheadMs = 0 }: Pick<RunFilter, 'from' | 'to' | 'aheadMs'>): {
  first: bigint
  last: bigint
} {
  const within = (ns: bigint) => (ns > LAST_START ? LAST_START : ns < -LAST_START ? -LAST_START : ns)
  const [first, end] = [from.getTime(), to.getTime() + aheadMs].map((ms) => BigInt(ms) * 1_000_000n) as [
    bigint,
    bigint,
  ]
  return { first: within(first), last: within(end - 1n) }
}

async function findInOrder(
  store: Store,
  search: RunSearch,
  order: Order,
  cursor: Cursor | undefined,
  limit: number,
  { fewTraces }: SearchBounds,
): Promise<FoundRun[]> {
  const { first, last } = nanosecondsOf(search)
  const window = toWindow([first, last])
  const conditions = await knowFew(store, await searchConditions(store, search), window, fewTraces)
  return findWithin(store, conditions, order, window, cursor, limit)
}

/** SQL: of few runs, it costs less to read the texts than to look through all words. */
const FEW_TEXTS = `SETTINGS ignore_data_skipping_indices = 'texts'`

type FoundRun = SelectedRunRow & Candidate & { readonly orderKey: string }

/**
 * The first runs after the cursor, as many as are wanted.
 * @param runs as of {@link matchSql}
 */
async function findWithin(
  store: Store,
  conditions: SearchConditions,
  order: Order,
  window: RunWindow,
  cursor: Cursor | undefined,
  wanted: number,
  runs?: string,
): Promise<FoundRun[]> {
  const { params, condition, project } = conditions
  const found: FoundRun[] = []
  if (isNone(condition)) return found
  let after = cursor
  // Where the query is true of few of the candidates, more are looked at.
  for (let limit = wanted; found.length < wanted; limit *= 2) {
    const candidates = await rows<FoundRun>(
      store,
      `SELECT ${RUN_ROW}, ${candidateColumns(condition)}, ${keyText(order)} AS orderKey
      FROM runs AS run
      ${matchSql(conditions, runs)} ${after ? `AND ${afterCursor(order)}` : ''}
      ORDER BY ${orderBy(order)}
      LIMIT {limit:UInt32}
      ${runs === undefined ? '' : FEW_TEXTS}`,
      { ...params, ...after, ...window, limit },
    )
    const held = await trueOf(store, { project, params: { ...params, ...window } }, candidates, condition)
    found.push(...held.slice(0, wanted - found.length))
    const last = candidates.at(-1)
    if (candidates.length < limit || !last) break
    after = { key: last.orderKey, id: last.runId }
  }
  return found
}
