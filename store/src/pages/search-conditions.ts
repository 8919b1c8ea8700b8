import { isLatest } from '../latest-runs.ts'
import { forEachRow } from '../native/query-native.ts'
import { compileQuery } from '../run-query/compile.ts'
import {
  Bound,
  CAME_SINCE,
  type Condition,
  candidateSql,
  indexedSql,
  mapSpanConditions,
  type SpanCondition,
  spanConditions,
  tracesOf,
} from '../run-query/condition.ts'
import type { QueryParams, Store } from '../store.ts'
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
  /** What the query means. Of runs that share a trace with others, `trueOf` tells. */
  readonly condition: Condition
}

const ANY_RUN: Condition = { is: 'and', of: [] }

/** SQL: whether a run started in a window of `begin` and `end`. */
const WITHIN = `start >= fromUnixTimestamp64Nano({begin:Int64}, 'UTC') AND start <= fromUnixTimestamp64Nano({end:Int64}, 'UTC')`

const ALL_SPANS = `WHERE ${CAME_SINCE}`

export function searchConditions(store: Store, search: RunSearch): SearchConditions {
  const { where, params } = dimensionConditions(store, search)
  const { project = store.project, query = { type: 'all' } } = search
  const bound = new Bound()
  const condition = compileQuery(query, bound) ?? ANY_RUN
  return {
    project,
    params: { ...params, ...bound.params },
    filter: `${where} AND ${WITHIN} AND ${isLatest(`${scopeOf(search)} AND ${WITHIN}`)}`,
    condition,
  }
}

/** Whether spans have to be looked through for a condition. */
export function asksForSpans(condition: Condition): boolean {
  return spanConditions(condition).some(({ traces }) => traces === undefined)
}

/**
 * SQL over `runs AS run`: what a search may find.
 * @param runs SQL over `runs AS run`, of few runs: only their spans are looked at. Else those that came since the window began.
 */
export function matchSql(
  { filter, condition }: SearchConditions,
  runs: string | undefined = indexedSql(condition),
): string {
  const ofRuns = `PREWHERE ${CAME_SINCE} AND trace_id IN (
        SELECT arrayJoin(run.trace_ids) FROM runs AS run WHERE ${filter} AND ${runs})
        WHERE 1`
  return `${filter} AND ${candidateSql(condition, runs ? ofRuns : ALL_SPANS)}`
}

/** The search with the traces of those of its conditions on spans that few spans of a window meet: their runs are found by an index. */
export async function knowFewTraces(
  store: Store,
  conditions: SearchConditions,
  window: RunWindow,
  most: number,
): Promise<SearchConditions> {
  // Of few runs, it costs less to look at their spans.
  if (indexedSql(conditions.condition)) return conditions
  const params = { ...conditions.params, ...window, most: most + 1 }
  const known = new Map<SpanCondition, readonly string[]>()
  const unknown = spanConditions(conditions.condition).filter(({ traces }) => traces === undefined)
  await Promise.all(
    unknown.map(async (one) => {
      const traces: string[] = []
      const query = `SELECT DISTINCT trace_id FROM ${tracesOf(one, ALL_SPANS)} LIMIT {most:UInt32}`
      await forEachRow(store, query, params, (value) => void traces.push(value('trace_id') as string))
      if (traces.length <= most) known.set(one, traces)
    }),
  )
  const condition = mapSpanConditions(conditions.condition, (one) => {
    const traces = known.get(one)
    return traces ? { ...one, traces } : one
  })
  return { ...conditions, condition }
}
