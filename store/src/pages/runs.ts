import { isLatest } from '../latest-runs.ts'
import { compileQuery } from '../run-query/compile.ts'
import {
  Bound,
  type Condition,
  candidateSql,
  isIndexedCondition,
  spanConditions,
} from '../run-query/condition.ts'
import type { Query } from '../run-query/query.ts'
import { rows, type Store } from '../store.ts'
import { type Candidate, candidateColumns, trueOf } from './condition-search.ts'
import { type Cursor, parseCursor, toCursor } from './cursor.ts'
import { type Conditions, dimensionConditions, type RunFilter, scopeOf } from './filter.ts'
import { afterCursor, keyText, ORDER_OF, type Order, orderBy, type RunOrder } from './run-order.ts'
import { RUN_ROW, type RunRow, type SelectedRunRow, toRunRow } from './run-row.ts'

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

/** One page of the runs that match, by key: a page never repeats or skips a run that does not change. */
export async function searchRuns(store: Store, search: RunSearch): Promise<RunsPage> {
  const limit = Math.min(500, Math.max(1, search.limit ?? 50))
  const name = search.order ?? 'newest'
  const order = ORDER_OF[name]
  const cursor = parseCursor(search.cursor, order.type)
  const found =
    name === 'newest'
      ? await findNewest(store, search, cursor, limit + 1)
      : await findInOrder(store, search, order, cursor, limit + 1)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const next = found.length > limit && last ? toCursor(last.orderKey, last.runId) : null
  return { runs: page.map(({ traceIds: _, truths: __, orderKey: ___, ...row }) => toRunRow(row)), next }
}

const FIRST_SPAN_MS = 10 * 60_000
const GROWTH = 8
/** Each window looks through all spans that came since it began. */
const GROWTH_WITH_SPANS = 64

/** Looks back in windows that grow, so that a page costs what it shows and not what the filter's window holds. */
async function findNewest(
  store: Store,
  search: RunSearch,
  cursor: Cursor | undefined,
  limit: number,
): Promise<FoundRun[]> {
  const { first, last } = nanosecondsOf(search)
  const found: FoundRun[] = []
  const conditions = searchConditions(store, search)
  const growth = BigInt(conditions.ofSpans ? GROWTH_WITH_SPANS : GROWTH)
  // The cursor's own nanosecond is part of the window: other runs may have started in it.
  let end = cursor ? BigInt(cursor.key) : last
  // What an index finds is few, and found at once.
  const shortest = isIndexedCondition(conditions.condition) ? end - first : BigInt(FIRST_SPAN_MS) * 1_000_000n
  for (let length = shortest > 0n ? shortest : 1n; end >= first && found.length < limit; length *= growth) {
    let begin = end - length
    if (begin < first) begin = first
    const window = { begin: String(begin), end: String(end) }
    found.push(
      ...(await findWithin(store, conditions, ORDER_OF.newest, window, cursor, limit - found.length)),
    )
    end = begin - 1n
  }
  return found
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

function findInOrder(
  store: Store,
  search: RunSearch,
  order: Order,
  cursor: Cursor | undefined,
  limit: number,
): Promise<FoundRun[]> {
  const { first, last } = nanosecondsOf(search)
  return findWithin(
    store,
    searchConditions(store, search),
    order,
    { begin: String(first), end: String(last) },
    cursor,
    limit,
  )
}

type FoundRun = SelectedRunRow & Candidate & { readonly orderKey: string }

/** The first runs after the cursor, as many as are wanted. */
async function findWithin(
  store: Store,
  { where, params, condition, project }: SearchConditions,
  order: Order,
  window: { begin: string; end: string },
  cursor: Cursor | undefined,
  wanted: number,
): Promise<FoundRun[]> {
  const found: FoundRun[] = []
  let after = cursor
  // Where the query is true of few of the candidates, more are looked at.
  for (let limit = wanted; found.length < wanted; limit *= 2) {
    const candidates = await rows<FoundRun>(
      store,
      `SELECT ${RUN_ROW}, ${candidateColumns(condition)}, ${keyText(order)} AS orderKey
      FROM runs AS run
      WHERE ${where} ${after ? `AND ${afterCursor(order)}` : ''}
      ORDER BY ${orderBy(order)}
      LIMIT {limit:UInt32}`,
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

/** What a search asks for. */
export interface SearchConditions extends Conditions {
  readonly project: string
  /** What the query means. Of runs that share a trace with others, {@link trueOf} tells. */
  readonly condition: Condition
  /** Whether it asks for spans. */
  readonly ofSpans: boolean
}

const ANY_RUN: Condition = { is: 'and', of: [] }

/** SQL: whether a run started in a window of `begin` and `end`. */
const WITHIN = `start >= fromUnixTimestamp64Nano({begin:Int64}, 'UTC') AND start <= fromUnixTimestamp64Nano({end:Int64}, 'UTC')`

/** SQL over `runs AS run`, in a window of `begin` and `end`. */
export function searchConditions(store: Store, search: RunSearch): SearchConditions {
  const { where: dimensions, params } = dimensionConditions(store, search)
  const where = `${dimensions} AND ${WITHIN} AND ${isLatest(`${scopeOf(search)} AND ${WITHIN}`)}`
  const { project = store.project, query = { type: 'all' } } = search
  const bound = new Bound()
  const condition = compileQuery(query, bound)
  return {
    where: condition === undefined ? where : `${where} AND ${candidateSql(condition)}`,
    params: { ...params, ...bound.params },
    project,
    condition: condition ?? ANY_RUN,
    ofSpans: condition !== undefined && spanConditions(condition).length > 0,
  }
}
