import { firstRow, rows, type Store } from '../store.ts'
import type { RunFilter } from './filter.ts'
import {
  BUCKET,
  bucketStart,
  type Minutes,
  runMinutes,
  stepMinutes,
  toChartWindow,
  type Window,
} from './minutes.ts'
import { NO_RUNS, type RunTotals, type TotalsTuple, toTotals, totalsSql } from './totals.ts'

/** A filter that names its flow. */
export type FlowFilter = RunFilter & { readonly flow: string }

export interface SeriesPoint {
  /** Start of the bucket, milliseconds since 1970. */
  readonly timeMs: number
  readonly runs: number
  readonly errors: number
  /** Null where no run of the bucket has ended. */
  readonly p50Ns: number | null
  readonly p95Ns: number | null
  readonly p99Ns: number | null
}

export interface FlowSeries {
  readonly bucketMs: number
  /** At most 100, oldest first, none left out: empty buckets count 0. */
  readonly points: readonly SeriesPoint[]
}

/** One step label of a flow; counts are step executions. */
export interface StepStats {
  readonly step: string
  readonly kind: string
  readonly count: number
  readonly errors: number
  readonly errorRate: number
  readonly p50Ns: number
  readonly p95Ns: number
  readonly p99Ns: number
  /** Executions that took more than one attempt. */
  readonly retried: number
  /** Executions whose fallback gave the output. */
  readonly fallbacks: number
}

export interface VersionStats extends RunTotals {
  readonly version: string
  /** Rounded down to the minute. */
  readonly firstRunMs: number
  readonly lastRunMs: number
}

export interface FlowPage {
  readonly flow: string
  readonly totals: RunTotals
  readonly previous: RunTotals
  readonly series: FlowSeries
  /** In the order in which the steps usually start. */
  readonly steps: readonly StepStats[]
  /** Newest first. */
  readonly versions: readonly VersionStats[]
}

/** All that the page of one flow shows. */
export async function getFlowPage(store: Store, filter: FlowFilter): Promise<FlowPage> {
  const window = toChartWindow(filter, 0)
  const totals = readTotals(store, runMinutes(store, filter, window, window.toMs - window.fromMs))
  const [found, series, steps, versions] = await Promise.all([
    totals,
    totals.then(({ totals: { runs } }) => readSeries(store, filter, toChartWindow(filter, runs))),
    readSteps(store, stepMinutes(store, filter, window)),
    readVersions(store, runMinutes(store, filter, window)),
  ])
  return { flow: filter.flow, ...found, series, steps, versions }
}

async function readTotals(
  store: Store,
  { sql, params }: Minutes,
): Promise<{ totals: RunTotals; previous: RunTotals }> {
  const current = `minute >= toDateTime({from:UInt32}, 'UTC')`
  const row = await firstRow<{ current: TotalsTuple; previous: TotalsTuple }>(
    store,
    `SELECT ${totalsSql(current)} AS current, ${totalsSql(`NOT (${current})`)} AS previous FROM ${sql}`,
    params,
  )
  return { totals: toTotals(row?.current ?? NO_RUNS), previous: toTotals(row?.previous ?? NO_RUNS) }
}

interface BucketRow {
  readonly bucket: number
  readonly bucketRuns: number
  readonly bucketErrors: number
  readonly quantiles: [number | null, number | null, number | null]
}

async function readSeries(store: Store, filter: FlowFilter, window: Window): Promise<FlowSeries> {
  const { sql, params } = runMinutes(store, filter, window)
  const found = await rows<BucketRow>(
    store,
    `SELECT
      ${BUCKET} AS bucket,
      sum(runs) AS bucketRuns,
      sum(errors) AS bucketErrors,
      quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(durations) AS quantiles
    FROM ${sql}
    GROUP BY bucket`,
    params,
  )
  const byBucket = new Map(found.map((row) => [row.bucket, row]))
  const points = Array.from({ length: window.buckets }, (_, index): SeriesPoint => {
    const row = byBucket.get(index)
    const [p50Ns, p95Ns, p99Ns] = row?.quantiles ?? [null, null, null]
    const timeMs = bucketStart(window, index)
    return { timeMs, runs: row?.bucketRuns ?? 0, errors: row?.bucketErrors ?? 0, p50Ns, p95Ns, p99Ns }
  })
  return { bucketMs: window.bucketMs, points }
}

type StepRow = Omit<StepStats, 'errorRate' | 'p50Ns' | 'p95Ns' | 'p99Ns'> & {
  readonly quantiles: [number | null, number | null, number | null]
}

async function readSteps(store: Store, { sql, params }: Minutes): Promise<StepStats[]> {
  const found = await rows<StepRow>(
    store,
    `SELECT
      step,
      argMax(minutes.kind, minutes.executions) AS kind,
      sum(minutes.executions) AS count,
      sum(minutes.errors) AS errors,
      sum(minutes.retried) AS retried,
      sum(minutes.fallbacks) AS fallbacks,
      quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(durations) AS quantiles
    FROM ${sql} AS minutes
    GROUP BY step
    ORDER BY sum(start_offset_sum) / sum(minutes.executions), step
    LIMIT 500`,
    params,
  )
  return found.map(({ quantiles: [p50, p95, p99], ...row }) => ({
    ...row,
    errorRate: row.count === 0 ? 0 : row.errors / row.count,
    p50Ns: p50 ?? 0,
    p95Ns: p95 ?? 0,
    p99Ns: p99 ?? 0,
  }))
}

interface VersionRow {
  readonly version: string
  readonly firstRunMs: number
  readonly lastRunMs: number
  readonly totals: TotalsTuple
}

async function readVersions(store: Store, { sql, params }: Minutes): Promise<VersionStats[]> {
  const found = await rows<VersionRow>(
    store,
    `SELECT
      version,
      toUnixTimestamp(min(minute)) * 1000 AS firstRunMs,
      toUnixTimestamp(max(minute)) * 1000 AS lastRunMs,
      ${totalsSql('1')} AS totals
    FROM ${sql}
    GROUP BY version
    ORDER BY firstRunMs DESC, version DESC
    LIMIT 200`,
    params,
  )
  return found.map(({ totals, ...row }) => ({ ...row, ...toTotals(totals) }))
}
