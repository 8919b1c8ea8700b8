import { isLatest } from '../latest-runs.ts'
import {
  type DurationColumns,
  minutesSql,
  ROUNDED_DURATIONS,
  RUN_TOTALS,
  STEP_TOTALS,
  type Totals,
} from '../minute-totals.ts'
import type { Store } from '../store.ts'
import { type Conditions, dimensionConditions, type RunFilter, scopeOf } from './filter.ts'

const MINUTE = 60_000

/** A window in whole minutes, and its length in buckets. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
  readonly bucketMs: number
  readonly buckets: number
}

/** Minutes are `DateTime`, from 1970 to 2106: no run that starts outside is in one. */
const LAST_MINUTE_MS = Date.UTC(2106, 1, 7, 6, 28)

const BUCKET_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200]

/** Widens a window to whole minutes, of those that there are, and cuts it into at most `most` buckets, aligned in UTC. */
export function toWindow({ from, to }: Pick<RunFilter, 'from' | 'to'>, most: number): Window {
  const within = (ms: number, least: number, most: number) => Math.min(Math.max(ms, least), most)
  const fromMs = within(Math.floor(from.getTime() / MINUTE) * MINUTE, 0, LAST_MINUTE_MS - MINUTE)
  const toMs = within(Math.ceil(to.getTime() / MINUTE) * MINUTE, fromMs + MINUTE, LAST_MINUTE_MS)
  // One bucket may be lost to alignment at either end.
  const fitting = BUCKET_MINUTES.find((minutes) => (toMs - fromMs) / (minutes * MINUTE) <= most - 1)
  return cut(fromMs, toMs, (fitting ?? Math.ceil((toMs - fromMs) / MINUTE / (most - 1))) * MINUTE)
}

function cut(fromMs: number, toMs: number, bucketMs: number): Window {
  const first = Math.floor(fromMs / bucketMs)
  return { fromMs, toMs, bucketMs, buckets: Math.ceil(toMs / bucketMs) - first }
}

/** Quantiles of fewer runs are noise, and more buckets are more than a chart of half a page can show apart. */
const RUNS_PER_BUCKET = 20
const MOST_BUCKETS = 100
const FEWEST_BUCKETS = 24

/**
 * A window for a chart of `runs` runs: the finest buckets, at most 100, that hold 20 runs on average. Where there are
 * too few runs for that, the coarsest of which there are 24; a window of minutes is never cut below the minute.
 */
export function toChartWindow(range: Pick<RunFilter, 'from' | 'to'>, runs: number): Window {
  const finest = toWindow(range, MOST_BUCKETS)
  const { fromMs, toMs } = finest
  const coarser = BUCKET_MINUTES.map((minutes) => minutes * MINUTE).filter(
    (bucketMs) => bucketMs >= finest.bucketMs && (toMs - fromMs) / bucketMs >= FEWEST_BUCKETS,
  )
  const wanted = coarser.find((bucketMs) => (runs * bucketMs) / (toMs - fromMs) >= RUNS_PER_BUCKET)
  return cut(fromMs, toMs, wanted ?? coarser.at(-1) ?? finest.bucketMs)
}

/** Milliseconds since 1970 at which bucket `index` of a window starts. */
export function bucketStart({ fromMs, bucketMs }: Window, index: number): number {
  return (Math.floor(fromMs / bucketMs) + index) * bucketMs
}

/** SQL for the index of a minute's bucket; binds `from`, `bucket` and `lastBucket` of {@link minutes}. */
export const BUCKET = `toUInt32(least({lastBucket:UInt32},
      intDiv(toUnixTimestamp(minute), {bucket:UInt32}) - intDiv({from:UInt32}, {bucket:UInt32})))`

/** How rows have the durations of their runs, and how quantiles are read from them. */
interface QuantileKind {
  readonly durations: DurationColumns
  /** SQL: p50, p95 and p99 of the durations of rows where a condition holds. */
  readonly quantiles: (condition: string) => string
  /** SQL: the durations of some rows together; a relation has them as `merged_durations`. */
  readonly merged: string
  /** SQL: as `quantiles`, of a relation that has merged durations. */
  readonly mergedQuantiles: (condition: string) => string
  /** How far a quantile may be from the true one, as a share of it; 0 where it is exact. */
  readonly quantileError: number
}

/** SQL of a relation like `run_minutes` or `step_minutes` for a filter, and what it binds. */
export interface Minutes extends Conditions, QuantileKind {
  readonly sql: string
  /** The same with exact quantiles, from each run. */
  readonly exact: QuantileKind & { readonly sql: string }
}

/** Quantiles of so many durations are exact: to read each run costs no more than to merge the rounded ones of their minutes. */
const MOST_EXACT = 10_000

const LEVELS = '0.5, 0.95, 0.99'

/** The function takes values of other types than they are kept in. */
const ROUNDED_VALUES = `CAST(duration_values, 'Array(Float32)'), duration_counts`

const ROUNDED: QuantileKind = {
  durations: ROUNDED_DURATIONS,
  quantiles: (condition) => `quantilesBFloat16WeightedArrayIf(${LEVELS})(${ROUNDED_VALUES}, ${condition})`,
  merged: `quantilesBFloat16WeightedArrayState(${LEVELS})(${ROUNDED_VALUES})`,
  mergedQuantiles: (condition) =>
    `quantilesBFloat16WeightedArrayMergeIf(${LEVELS})(merged_durations, ${condition})`,
  quantileError: 0.01,
}

/** Of floats, because NaN stands for none. */
const EXACT: QuantileKind = {
  durations: (value, condition) =>
    `quantilesExactStateIf(${LEVELS})(toFloat64(${value}), ${condition}) AS durations`,
  quantiles: (condition) => `quantilesExactMergeIf(${LEVELS})(durations, ${condition})`,
  merged: `quantilesExactMergeState(${LEVELS})(durations)`,
  mergedQuantiles: (condition) => `quantilesExactMergeIf(${LEVELS})(merged_durations, ${condition})`,
  quantileError: 0,
}

/** What minutes answer, and those that have answered: with exact quantiles where it is of few durations. */
export async function askExactly<T>(
  minutes: Minutes,
  ask: (minutes: Minutes) => Promise<T>,
  durationsOf: (answer: T) => number,
): Promise<{ readonly answer: T; readonly minutes: Minutes }> {
  const answer = await ask(minutes)
  if (durationsOf(answer) > MOST_EXACT) return { answer, minutes }
  const exact = { ...minutes, ...minutes.exact }
  return { answer: await ask(exact), minutes: exact }
}

/** The minutes without the time before, in the buckets of the window, which is of the same filter. */
export function within(minutes: Minutes, window: Window): Minutes {
  const { to } = minutes.params
  return { ...minutes, params: { ...minutes.params, ...bounds(window, 0), to } }
}

/**
 * The minutes of a filter as a subquery. They are kept for all statuses together, so a filter by status reads the runs.
 * @param before how long before the window to begin, for a comparison with the time before
 */
export function runMinutes(store: Store, filter: RunFilter, window: Window, beforeMs = 0): Minutes {
  return minutesOf(store, filter, bounds(window, beforeMs, filter.aheadMs), {
    table: 'run_minutes',
    totals: RUN_TOTALS,
  })
}

export function stepMinutes(store: Store, filter: RunFilter, window: Window): Minutes {
  return minutesOf(store, filter, bounds(window, 0, filter.aheadMs), {
    table: 'step_minutes',
    totals: { ...STEP_TOTALS, groups: 'flow, minute, step, kind' },
  })
}

const seconds = (name: string): string => `toDateTime({${name}:UInt32}, 'UTC')`

/** A filter that compares a DateTime64 key with a DateTime loses rows of the last second: always compare alike. */
const nanoseconds = (name: string): string => `toDateTime64({${name}:UInt32}, 9, 'UTC')`

interface MinutesTable {
  readonly table: string
  /** What its rows are, of the runs. */
  readonly totals: Totals
}

function minutesOf(
  store: Store,
  filter: RunFilter,
  window: Record<string, number>,
  { table, totals }: MinutesTable,
): Minutes {
  const { where, params } = dimensionConditions(store, filter)
  const between = (column: string, time: (name: string) => string) =>
    `${column} >= ${time('begin')} AND ${column} < ${time('to')}`
  const started = between('start', nanoseconds)
  const ofRuns = `${where} AND ${started} AND ${isLatest(`${scopeOf(filter)} AND ${started}`)}`
  const fromRuns = ({ durations }: QuantileKind) =>
    `(${minutesSql(totals, 'runs AS run', durations, ofRuns)})`
  const sql =
    filter.status === undefined
      ? `(SELECT * FROM ${table} FINAL WHERE ${where} AND ${between('minute', seconds)})`
      : fromRuns(ROUNDED)
  const exact = { ...EXACT, sql: fromRuns(EXACT) }
  return { ...ROUNDED, sql, where, exact, params: { ...params, ...window } }
}

function bounds(window: Window, beforeMs: number, aheadMs = 0): Record<string, number> {
  const { fromMs, bucketMs, buckets } = window
  const toMs = Math.min(LAST_MINUTE_MS, window.toMs + Math.ceil(aheadMs / MINUTE) * MINUTE)
  return {
    begin: Math.max(0, fromMs - beforeMs) / 1000,
    from: fromMs / 1000,
    to: toMs / 1000,
    bucket: bucketMs / 1000,
    lastBucket: buckets - 1,
  }
}
