import { isIndexed, isOfTraces } from '../latest-runs.ts'
import { idsSql } from '../native/query-native.ts'

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
  /** The index `texts` finds the runs that meet it, be they few or many. */
  readonly isText?: boolean
  /** SQL: the hours in which runs that meet it may have started, the last one first. */
  readonly hours?: string
}

/** SQL over `spans`: some span of the run meets one of them. */
export interface SpanCondition {
  readonly is: 'span'
  readonly anyOf: readonly string[]
  /** An index says at once which spans meet them, be they few or many. */
  readonly isIndexed?: boolean
  /** SQL over `resources`: or some span has a resource or a scope that meets it. They are few, so they are asked first. */
  readonly ofResources?: Readonly<Record<'resource' | 'scope', string>>
  /** All traces that have such a span, 32 hex digits each, where they are known. */
  readonly traces?: readonly string[]
}

/** The values that SQL binds, each under a name of its own. */
export class Bound {
  readonly params: Record<string, unknown> = {}
  readonly #prefix: string
  #count = 0

  /** @param prefix of the names, where there are other values */
  constructor(prefix = 'query') {
    this.#prefix = prefix
  }

  /** SQL of a value. */
  bind(value: unknown, type = 'String'): string {
    const name = `${this.#prefix}${this.#count++}`
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

/** A condition with what is made of each of its parts. */
export function mapParts(
  condition: Condition,
  map: (part: RunCondition | SpanCondition) => Condition,
): Condition {
  switch (condition.is) {
    case 'and':
    case 'or':
      return { is: condition.is, of: condition.of.map((one) => mapParts(one, map)) }
    case 'not':
      return { is: 'not', of: mapParts(condition.of, map) }
    default:
      return map(condition)
  }
}

/** Whether it is known that no run meets a condition. */
export function isNone(condition: Condition): boolean {
  switch (condition.is) {
    case 'and':
      return condition.of.some(isNone)
    case 'or':
      return condition.of.every(isNone)
    case 'not':
      return false
    case 'run':
      return condition.sql === NONE
    case 'span':
      return condition.traces?.length === 0
  }
}

const NONE = '0'

/** A condition on runs, where its runs are known. */
export function ofRuns({ sql }: RunCondition, ids: readonly string[], bound: Bound): RunCondition {
  if (ids.length === 0) return { is: 'run', sql: NONE, isIndexed: true }
  const known = bound.bind(ids, 'Array(String)')
  return {
    is: 'run',
    sql: `run.run_id IN ${known} AND ${isIndexed('run', `arrayJoin(${known})`)} AND (${sql})`,
    isIndexed: true,
  }
}

/** As `hours` of a condition on runs, where all runs that a condition may be true of started in them. */
export function hoursSql(condition: Condition): string | undefined {
  if (condition.is === 'run') return condition.hours
  return condition.is === 'and' ? condition.of.map(hoursSql).find((sql) => sql !== undefined) : undefined
}

/** SQL over `runs AS run`: what `run_index` finds, where it finds all runs that a condition may be true of and they are few. */
export function indexedSql(condition: Condition): string | undefined {
  if (condition.is === 'run') return condition.isIndexed ? condition.sql : undefined
  if (condition.is === 'span') return isFew(condition) ? isOneOf(condition.traces) : undefined
  if (condition.is === 'not') return undefined
  const found = condition.of.map(indexedSql)
  if (condition.is === 'and') return found.find((sql) => sql !== undefined)
  return found.includes(undefined) ? undefined : `(${found.join(' OR ')})`
}

/** More are found sooner by looking at all runs of a window than one by one. */
export const MOST_INDEXED = 300

function isFew(
  condition: SpanCondition,
): condition is SpanCondition & { readonly traces: readonly string[] } {
  return condition.traces !== undefined && condition.traces.length <= MOST_INDEXED
}

/** SQL over `runs AS run`: whether it has one of some traces. */
function isOneOf(traces: readonly string[]): string {
  if (traces.length === 0) return '0'
  const bytes = Buffer.from(traces.join(''), 'hex').toString('base64')
  const ids = `arrayJoin(arrayMap(nth -> lower(hex(substring(base64Decode('${bytes}'), 16 * nth + 1, 16))), range(${traces.length})))`
  return isOfTraces(ids)
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
 * SQL over `runs AS run`: what a condition is true of, and perhaps runs that share a trace with others. Conditions on spans hold of
 * traces here: of a trace with several runs, SQL cannot tell whose span it is.
 * @param among SQL over `spans`, WHERE and all: those that are looked at
 */
export function candidateSql(condition: Condition, among: string, isNegated = false): string {
  switch (condition.is) {
    case 'and':
    case 'or':
      if (condition.of.length === 0) return condition.is === 'and' ? '1' : '0'
      return `(${condition.of.map((one) => candidateSql(one, among, isNegated)).join(condition.is === 'and' ? ' AND ' : ' OR ')})`
    case 'not':
      return `NOT ${candidateSql(condition.of, among, !isNegated)}`
    case 'run':
      return `(${condition.sql})`
    case 'span':
      if (condition.traces?.length === 0) return '0'
      return isNegated ? certainlyOf(condition, among) : perhapsOf(condition, among)
  }
}

/** SQL: a subquery that gives the traces with such a span. */
export function tracesOf({ anyOf, traces }: SpanCondition, among: string): string {
  if (traces) return idsSql(traces, 16)
  return `(${anyOf.map((sql) => `SELECT trace_id FROM spans ${among} AND ${sql}`).join(' UNION ALL ')})`
}

/** All runs that have such a span, and runs beside them in their traces. */
function perhapsOf(condition: SpanCondition, among: string): string {
  const isOne = `arrayExists(one -> one IN ${tracesOf(condition, among)}, run.trace_ids)`
  return isFew(condition) ? `(${isOneOf(condition.traces)} AND ${isOne})` : isOne
}

/** Those of them that have their traces for themselves: all of the spans are theirs. */
function certainlyOf(condition: SpanCondition, among: string): string {
  return `(run.shares_traces = 0 AND ${perhapsOf(condition, among)})`
}
