/** SQL that is true of a run, made of conditions on runs and on spans. */
export type Condition =
  | { readonly is: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly is: 'not'; readonly of: Condition }
  | RunCondition
  | SpanCondition

/** SQL over `runs AS run`. */
export interface RunCondition {
  readonly is: 'run'
  readonly sql: string
  /** `run_index` finds the runs that meet it, and they are few. */
  readonly isIndexed?: boolean
}

/** SQL over `spans`: some span of the run meets one of them. */
export interface SpanCondition {
  readonly is: 'span'
  readonly anyOf: readonly string[]
}

/** The values that SQL binds, each under a name of its own. */
export class Bound {
  readonly params: Record<string, unknown> = {}
  #count = 0

  /** SQL of a value. */
  bind(value: unknown, type = 'String'): string {
    const name = `query${this.#count++}`
    this.params[name] = value
    return `{${name}:${type}}`
  }
}

/** The conditions on spans in a condition, in a fixed order. */
export function spanConditions(condition: Condition): SpanCondition[] {
  if (condition.is === 'span') return [condition]
  if (condition.is === 'run') return []
  return (condition.is === 'not' ? [condition.of] : condition.of).flatMap(spanConditions)
}

/** The conditions on runs in a condition, in a fixed order. */
export function runConditions(condition: Condition): RunCondition[] {
  if (condition.is === 'run') return [condition]
  if (condition.is === 'span') return []
  return (condition.is === 'not' ? [condition.of] : condition.of).flatMap(runConditions)
}

/** Whether `run_index` finds all runs that a condition may be true of, and they are few. */
export function isIndexedCondition(condition: Condition): boolean {
  if (condition.is === 'run') return condition.isIndexed === true
  if (condition.is === 'and') return condition.of.some(isIndexedCondition)
  return condition.is === 'or' && condition.of.every(isIndexedCondition)
}

/** Whether a condition holds, by what holds of its parts. */
export function holds(
  condition: Condition,
  isTrue: (part: RunCondition | SpanCondition) => boolean,
): boolean {
  switch (condition.is) {
    case 'and':
      return condition.of.every((one) => holds(one, isTrue))
    case 'or':
      return condition.of.some((one) => holds(one, isTrue))
    case 'not':
      return !holds(condition.of, isTrue)
    default:
      return isTrue(condition)
  }
}

/** How much earlier a span may come by the store's clock than it began by its own. */
const CLOCK_SLACK_MS = 600_000

/**
 * SQL over `spans`: whether a span came since a window began; in a window that is still to come, any did: what starts there has a
 * clock that is wrong.
 */
export const CAME_SINCE: string = `project = {project:String}
        AND received >= if(fromUnixTimestamp64Nano({begin:Int64}, 'UTC') > now64(9, 'UTC'), toDateTime64(0, 3, 'UTC'),
          fromUnixTimestamp64Milli(intDiv({begin:Int64}, 1000000) - ${CLOCK_SLACK_MS}, 'UTC'))`

/**
 * SQL over `runs AS run`, in a window from `begin` on: what a condition is true of, and perhaps runs that share a trace with
 * others. Conditions on spans hold of traces here: of a trace with several runs, SQL cannot tell whose span it is.
 */
export function candidateSql(condition: Condition, isNegated = false): string {
  switch (condition.is) {
    case 'and':
    case 'or':
      return `(${condition.of.map((one) => candidateSql(one, isNegated)).join(condition.is === 'and' ? ' AND ' : ' OR ')})`
    case 'not':
      return `NOT ${candidateSql(condition.of, !isNegated)}`
    case 'run':
      return `(${condition.sql})`
    case 'span':
      return isNegated ? certainlyOf(condition) : perhapsOf(condition)
  }
}

/** The traces with such a span, among those that came since the window began. */
function tracesOf({ anyOf }: SpanCondition): string {
  return anyOf.map((sql) => `SELECT trace_id FROM spans WHERE ${CAME_SINCE} AND ${sql}`).join(' UNION ALL ')
}

/** All runs that have such a span, and runs beside them in their traces. */
function perhapsOf(condition: SpanCondition): string {
  return `arrayExists(one -> one IN (${tracesOf(condition)}), run.trace_ids)`
}

/** Those of them that have their one trace for themselves: all of its spans are theirs. */
function certainlyOf(condition: SpanCondition): string {
  const traces = tracesOf(condition)
  return `(length(run.trace_ids) = 1 AND run.trace_id IN (${traces}) AND run.trace_id NOT IN (
      SELECT one FROM (SELECT run_id, arrayJoin(trace_ids) AS one FROM runs WHERE project = {project:String})
      WHERE one IN (${traces}) GROUP BY one HAVING uniqExact(run_id) > 1))`
}
