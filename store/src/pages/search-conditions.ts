import { isLatest } from '../latest-runs.ts'
import { forEachRow } from '../native/query-native.ts'
import { compileQuery } from '../run-query/compile.ts'
import {
  Bound,
  CAME_SINCE,
  type Condition,
  candidateSql,
  indexedSql,
  MOST_INDEXED,
  mapParts,
  ofRuns,
  runConditions,
  spanConditions,
  tracesOf,
} from '../run-query/condition.ts'
import { firstRow, type QueryParams, type Store } from '../store.ts'
import { dimensionConditions, scopeOf } from './filter.ts'
import type { RunSearch } from './runs.ts'

/** Nanoseconds since 1970 of the first and the last start of a window. */
export type RunWindow = Readonly<Record<'begin' | 'end', string>>

/** What a search asks for, in a window of `begin` and `end`. */
export interface SearchConditions {
  readonly project: string
  readonly params: QueryParams
  /** SQL over `runs AS run`: the filter, without the query. */
  readonly filter: string
  /** SQL over `runs AS run`: whether a row is the latest of its run. It costs more than most queries, so it is asked of what they find. */
  readonly latest: string
  /** What the query means. Of runs that share a trace with others, `trueOf` tells. */
  readonly condition: Condition
}

const ANY_RUN: Condition = { is: 'and', of: [] }

/** SQL: whether a run started in a window of `begin` and `end`. */
const WITHIN = `start >= fromUnixTimestamp64Nano({begin:Int64}, 'UTC') AND start <= fromUnixTimestamp64Nano({end:Int64}, 'UTC')`

const ALL_SPANS = `WHERE ${CAME_SINCE}`

export async function searchConditions(store: Store, search: RunSearch): Promise<SearchConditions> {
  const { where, params: dimensions } = dimensionConditions(store, search)
  const { project = store.project, query = { type: 'all' } } = search
  const bound = new Bound()
  const condition = compileQuery(query, bound) ?? ANY_RUN
  const params = { ...dimensions, ...bound.params }
  return {
    project,
    params,
    filter: `${where} AND ${WITHIN}`,
    latest: isLatest(`${scopeOf(search)} AND ${WITHIN}`),
    condition: await knowResources(store, params, condition),
  }
}

const PLACES = ['resource', 'scope'] as const

/** The condition, which asks spans for the resources and scopes that meet it: none, most often. */
async function knowResources(store: Store, params: QueryParams, condition: Condition): Promise<Condition> {
  const asked = spanConditions(condition).flatMap(({ ofResources }) =>
    ofResources ? PLACES.map((place) => ofResources[place]) : [],
  )
  if (asked.length === 0) return condition
  const row = await firstRow<{ counts: readonly number[] }>(
    store,
    `SELECT CAST([${asked.map((sql) => `countIf(${sql})`).join(', ')}], 'Array(UInt32)') AS counts
    FROM resources WHERE project = {project:String}`,
    params,
  )
  const met = new Set(asked.filter((_, nth) => row?.counts[nth]))
  return mapParts(condition, (part) => {
    if (part.is === 'run' || !part.ofResources) return part
    const { ofResources, ...own } = part
    const ofThem = PLACES.flatMap((place) => {
      const sql = ofResources[place]
      return met.has(sql)
        ? [`${place} IN (SELECT ${place} FROM resources WHERE project = {project:String} AND ${sql})`]
        : []
    })
    return {
      ...own,
      anyOf: [...own.anyOf, ...ofThem],
      isIndexed: own.isIndexed === true && ofThem.length === 0,
    }
  })
}

/** Whether spans have to be asked for a condition. */
export function asksForSpans(condition: Condition): boolean {
  return spanConditions(condition).some(({ traces }) => traces === undefined)
}

/** Whether spans have to be looked through for a condition, since no index has its rows at hand. */
export function looksThroughSpans(condition: Condition): boolean {
  return spanConditions(condition).some(({ traces, isIndexed }) => traces === undefined && !isIndexed)
}

/**
 * SQL over `runs AS run`, PREWHERE, WHERE and all: what a search may find.
 * @param runs SQL over `runs AS run`, of few runs: only their spans are looked at. Else those that came since the window began.
 */
export function matchSql(
  { filter, latest, condition }: SearchConditions,
  runs: string | undefined = indexedSql(condition),
): string {
  const ofThem = `PREWHERE ${CAME_SINCE} AND trace_id IN (
        SELECT arrayJoin(run.trace_ids) FROM runs AS run PREWHERE ${filter} AND ${runs} WHERE ${latest})
        WHERE 1`
  // Without a query most rows are found: then ClickHouse reads what a list is ordered by first, and skips most of them by that.
  if (condition === ANY_RUN) return `WHERE ${filter} AND ${latest}`
  return `PREWHERE ${filter} AND ${candidateSql(condition, runs ? ofThem : ALL_SPANS)} WHERE ${latest}`
}

/**
 * The search, which knows more of two kinds of its conditions: of those on spans that few spans of a window meet, the traces; of those on
 * text that few runs meet, the ids of these. An index finds the rows of both.
 */
export async function knowFew(
  store: Store,
  conditions: SearchConditions,
  window: RunWindow,
  mostTraces: number,
): Promise<SearchConditions> {
  const { condition, filter, latest, params } = conditions
  // Of few runs, it costs less to look at their spans.
  if (indexedSql(condition)) return conditions
  const few = async (query: string, column: string, most: number): Promise<string[] | undefined> => {
    const found: string[] = []
    const limited = { ...params, ...window, most: most + 1 }
    await forEachRow(store, `${query} LIMIT {most:UInt32}`, limited, (value) => {
      found.push(value(column) as string)
    })
    return found.length > most ? undefined : found
  }
  const known = new Map<Condition, Condition>()
  const bound = new Bound('known')
  await Promise.all([
    ...spanConditions(condition).map(async (one) => {
      const traces =
        one.traces ??
        (await few(`SELECT DISTINCT trace_id FROM ${tracesOf(one, ALL_SPANS)}`, 'trace_id', mostTraces))
      if (traces) known.set(one, { ...one, traces })
    }),
    ...runConditions(condition).map(async (one) => {
      if (!one.isText) return
      const query = `SELECT DISTINCT run_id FROM runs AS run PREWHERE ${filter} AND (${one.sql}) WHERE ${latest}`
      const ids = await few(query, 'run_id', Math.min(mostTraces, MOST_INDEXED))
      if (ids) known.set(one, ofRuns(one, ids, bound))
    }),
  ])
  if (known.size === 0) return conditions
  return {
    ...conditions,
    params: { ...params, ...bound.params },
    condition: mapParts(condition, (one) => known.get(one) ?? one),
  }
}
