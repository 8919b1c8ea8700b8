import { rows, type Store } from '../store.ts'
import { type Cursor, parseCursor, toCursor } from './cursor.ts'
import { type Conditions, dimensionConditions, type RunFilter } from './filter.ts'
import { RUN_ROW, type RunRow, type SelectedRunRow, toRunRow } from './run-row.ts'

export interface RunSearch extends RunFilter {
  readonly session?: string | undefined
  readonly user?: string | undefined
  readonly experiment?: string | undefined
  readonly minDurationNs?: number | undefined
  readonly maxDurationNs?: number | undefined
  /** Its words are all found, in any case, in run id, input, output, error and steps' names together. */
  readonly text?: string | undefined
  /** All of them are found on spans of the run, each on any, as text: `{ key: 'customer.id', value: '42' }`. */
  readonly attributes?: readonly AttributeSearch[] | undefined
  /** Default: newest. */
  readonly order?: 'newest' | 'slowest' | undefined
  /** {@link RunsPage.next} of the page before. */
  readonly cursor?: string | undefined
  /** 1..500, default 50. */
  readonly limit?: number | undefined
}

export interface AttributeSearch {
  readonly key: string
  readonly value: string
}

export interface RunsPage {
  readonly runs: readonly RunRow[]
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null
}

/** One page of the runs that match, by key: a page never repeats or skips a run that does not change. */
export async function searchRuns(store: Store, search: RunSearch): Promise<RunsPage> {
  const limit = Math.min(500, Math.max(1, search.limit ?? 50))
  const cursor = parseCursor(search.cursor, search.order === 'slowest' ? 'UInt64' : undefined)
  const find = search.order === 'slowest' ? findSlowest : findNewest
  const found = await find(store, search, cursor, limit + 1)
  const runs = found.slice(0, limit).map(toRunRow)
  const last = runs.at(-1)
  if (found.length <= limit || !last) return { runs, next: null }
  const key = search.order === 'slowest' ? last.durationNs : last.startUnixNano
  return { runs, next: toCursor(key, last.runId) }
}

const FIRST_SPAN_MS = 10 * 60_000
const GROWTH = 8
/** Each window looks for attributes among all spans that came since it began. */
const GROWTH_WITH_ATTRIBUTES = 64

/** Looks back in windows that grow, so that a page costs what it shows and not what the filter's window holds. */
async function findNewest(
  store: Store,
  search: RunSearch,
  cursor: Cursor | undefined,
  limit: number,
): Promise<SelectedRunRow[]> {
  const { first, last } = nanosecondsOf(search)
  const found: SelectedRunRow[] = []
  const growth = BigInt(search.attributes?.length ? GROWTH_WITH_ATTRIBUTES : GROWTH)
  // The cursor's own nanosecond is part of the window: other runs may have started in it.
  let end = cursor ? BigInt(cursor.key) : last
  for (
    let length = BigInt(FIRST_SPAN_MS) * 1_000_000n;
    end >= first && found.length < limit;
    length *= growth
  ) {
    let begin = end - length
    if (begin < first) begin = first
    const window = { begin: String(begin), end: String(end) }
    const after = cursor
      ? `AND (run.start, run.run_id) < (fromUnixTimestamp64Nano({key:Int64}, 'UTC'), {id:String})`
      : ''
    found.push(
      ...(await select(
        store,
        search,
        window,
        after,
        cursor,
        'run.start DESC, run.run_id DESC',
        limit - found.length,
      )),
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

function findSlowest(
  store: Store,
  search: RunSearch,
  cursor: Cursor | undefined,
  limit: number,
): Promise<SelectedRunRow[]> {
  const { first, last } = nanosecondsOf(search)
  const window = { begin: String(first), end: String(last) }
  const after = cursor ? 'AND (run.duration_ns, run.run_id) < ({key:UInt64}, {id:String})' : ''
  return select(store, search, window, after, cursor, 'run.duration_ns DESC, run.run_id DESC', limit)
}

function select(
  store: Store,
  search: RunSearch,
  window: { begin: string; end: string },
  after: string,
  cursor: Cursor | undefined,
  order: string,
  limit: number,
): Promise<SelectedRunRow[]> {
  const { where, params } = searchConditions(store, search)
  return rows<SelectedRunRow>(
    store,
    `SELECT ${RUN_ROW}
    FROM runs AS run FINAL
    WHERE ${where} ${after}
      AND run.start >= fromUnixTimestamp64Nano({begin:Int64}, 'UTC') AND run.start <= fromUnixTimestamp64Nano({end:Int64}, 'UTC')
    ORDER BY ${order}
    LIMIT {limit:UInt32}`,
    { ...params, ...cursor, ...window, limit },
  )
}

/** SQL over `runs AS run`, in a window of `begin` and `end`. */
export function searchConditions(store: Store, search: RunSearch): Conditions {
  const { where, params } = dimensionConditions(store, search)
  const { session, user, experiment, minDurationNs, maxDurationNs, text, attributes = [] } = search
  const optional = [
    session !== undefined && 'session_id = {session:String}',
    user !== undefined && 'user_id = {user:String}',
    experiment !== undefined && 'experiment_id = {experiment:String}',
    minDurationNs !== undefined && 'duration_ns >= {minDurationNs:UInt64}',
    maxDurationNs !== undefined && 'duration_ns <= {maxDurationNs:UInt64}',
    text !== undefined && text !== '' && HAS_WORDS,
    ...attributes.map(({ value }, nth) => hasAttribute(nth, value === '')),
  ]
  return {
    where: [where, ...optional.filter((condition) => condition !== false)].join(' AND '),
    params: {
      ...params,
      ...{ session, user, experiment, minDurationNs, maxDurationNs, text },
      ...Object.fromEntries(
        attributes.flatMap(({ key, value }, nth) => [
          [`key${nth}`, key],
          [`value${nth}`, value],
        ]),
      ),
    },
  }
}

/** By the index `words` of runs, which knows this very expression. */
const HAS_WORDS = `hasAllTokens(
      concatWithSeparator(' ', run_id, input, output, error_type, error_message, arrayStringConcat(step_names, ' ')),
      {text:String})`

/** How much earlier a span may come by the store's clock than it began by its own. */
const CLOCK_SLACK_MS = 600_000

/**
 * By the index `attribute_bloom` of spans, among those that came since the window began; in a window that is still to come,
 * among all of them: what starts there has a clock that is wrong.
 */
function hasAttribute(nth: number, isEmpty: boolean): string {
  const [key, value] = [`{key${nth}:String}`, `{value${nth}:String}`]
  return `run.run_id IN (
      SELECT run_id FROM spans
      WHERE project = {project:String}
        AND received >= if(fromUnixTimestamp64Nano({begin:Int64}, 'UTC') > now64(9, 'UTC'), toDateTime64(0, 3, 'UTC'),
          fromUnixTimestamp64Milli(intDiv({begin:Int64}, 1000000) - ${CLOCK_SLACK_MS}, 'UTC'))
        AND indexHint(has(
          arrayMap((key, value) -> cityHash64(key, value), mapKeys(attributes), mapValues(attributes)),
          cityHash64(${key}, ${value})))
        AND attributes[${key}] = ${value}${isEmpty ? ` AND mapContains(attributes, ${key})` : ''})`
}
