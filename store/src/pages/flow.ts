import { firstRow, rows, type Store } from '../store.ts'
import { type Cursor, parseCursor, toCursor } from './cursor.ts'
import type { RunFilter } from './filter.ts'
import {
  askExactly,
  BUCKET,
  bucketStart,
  type Minutes,
  runMinutes,
  stepMinutes,
  toChartWindow,
  type Window,
  within,
} from './minutes.ts'
import { NO_RUNS, type RunTotals, type TotalsRow, toTotals, totalsSql } from './totals.ts'

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
  /** Like {@link RunTotals.quantileError}. */
  readonly quantileError: number
  /** At most 100, oldest first, none left out: empty buckets count 0. */
  readonly points: readonly SeriesPoint[]
}

/** One step label of a flow; all counts, durations and sums are of step executions, not of runs. */
export interface StepStats {
  readonly step: string
  readonly kind: string
  readonly count: number
  readonly errors: number
  readonly errorRate: number
  readonly p50Ns: number
  readonly p95Ns: number
  readonly p99Ns: number
  /** Like {@link RunTotals.quantileError}. */
  readonly quantileError: number
  /** Executions that took more than one attempt. */
  readonly retried: number
  /** Executions whose fallback gave the output. */
  readonly fallbacks: number
  /** Of all executions, without those that they enclose; as are output tokens and cost. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars. */
  readonly cost: number
  /** As `Usage.unpricedTokens`. */
  readonly unpricedTokens: number
}

export interface VersionStats extends RunTotals {
  readonly version: string
  /** Rounded down to the minute. */
  readonly firstRunMs: number
  readonly lastRunMs: number
}

/** Where the lists of a flow's page go on: what the page before gave. */
export interface FlowCursors {
  readonly steps?: string | undefined
  readonly versions?: string | undefined
}

export interface FlowPage {
  readonly flow: string
  readonly totals: RunTotals
  readonly previous: RunTotals
  readonly series: FlowSeries
  readonly steps: StepsPage
  readonly versions: VersionsPage
}

export interface StepsPage {
  /** Steps of the flow, on all pages; those with the most executions are on the first. */
  readonly total: number
  /** Of all of them. */
  readonly executions: number
  /** In the order in which the steps usually start. */
  readonly steps: readonly StepStats[]
  readonly next: string | null
}

export interface VersionsPage {
  readonly total: number
  /** Newest first. */
  readonly versions: readonly VersionStats[]
  /** The one before the last of them, on the next page; '' on the last page. */
  readonly before: string
  readonly next: string | null
}

const STEPS_PER_PAGE = 100
const VERSIONS_PER_PAGE = 50

/** All that the page of one flow shows. */
export async function getFlowPage(
  store: Store,
  filter: FlowFilter,
  cursors: FlowCursors = {},
): Promise<FlowPage> {
  const window = toChartWindow(filter, 0)
  const ofSteps = askExactly(
    stepMinutes(store, filter, window),
    (minutes) => readSteps(store, minutes, parseCursor(cursors.steps)),
    ({ executions }) => executions,
  )
  const ofRuns = askExactly(
    runMinutes(store, filter, window, window.toMs - window.fromMs),
    (minutes) => readTotals(store, minutes),
    ({ totals, previous }) => totals.runs + previous.runs,
  ).then(async ({ answer, minutes }) => {
    const [series, versions] = await Promise.all([
      readSeries(store, minutes, toChartWindow(filter, answer.totals.runs)),
      readVersions(store, within(minutes, window), cursors.versions),
    ])
    return { ...answer, series, versions }
  })
  const [{ answer: steps }, runs] = await Promise.all([ofSteps, ofRuns])
  return { flow: filter.flow, ...runs, steps }
}

async function readTotals(
  store: Store,
  minutes: Minutes,
): Promise<{ totals: RunTotals; previous: RunTotals }> {
  const current = `minute >= toDateTime({from:UInt32}, 'UTC')`
  const row = await firstRow<{ current: TotalsRow; previous: TotalsRow }>(
    store,
    `SELECT ${totalsSql(minutes.quantiles, current)} AS current, ${totalsSql(minutes.quantiles, `NOT (${current})`)} AS previous
    FROM ${minutes.sql}`,
    minutes.params,
  )
  return {
    totals: toTotals(row?.current ?? NO_RUNS, minutes),
    previous: toTotals(row?.previous ?? NO_RUNS, minutes),
  }
}

interface BucketRow {
  readonly bucket: number
  readonly bucketRuns: number
  readonly bucketErrors: number
  readonly quantiles: [number | null, number | null, number | null]
}

async function readSeries(store: Store, minutes: Minutes, window: Window): Promise<FlowSeries> {
  const { sql, params, quantiles, quantileError } = within(minutes, window)
  const found = await rows<BucketRow>(
    store,
    `SELECT
      ${BUCKET} AS bucket,
      sum(runs) AS bucketRuns,
      sum(errors) AS bucketErrors,
      ${quantiles('1')} AS quantiles
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
  return { bucketMs: window.bucketMs, quantileError, points }
}

type StepRow = Omit<StepStats, 'errorRate' | 'p50Ns' | 'p95Ns' | 'p99Ns' | 'quantileError'> & {
  readonly quantiles: [number | null, number | null, number | null]
  /** Usual offset from the run's start. */
  readonly position: number
  readonly total: number
  readonly executions: number
}

async function readSteps(
  store: Store,
  { sql, params, quantiles, quantileError }: Minutes,
  cursor: Cursor | undefined,
): Promise<StepsPage> {
  const found = await rows<StepRow>(
    store,
    `SELECT * FROM (
      SELECT
        step,
        argMax(minutes.kind, minutes.executions) AS kind,
        sum(minutes.executions) AS count,
        sum(minutes.errors) AS errors,
        sum(minutes.retried) AS retried,
        sum(minutes.fallbacks) AS fallbacks,
        sum(minutes.input_tokens) AS inputTokens,
        sum(minutes.output_tokens) AS outputTokens,
        sum(minutes.cost) AS cost,
        sum(minutes.unpriced_tokens) AS unpricedTokens,
        ${quantiles('1')} AS quantiles,
        sum(start_offset_sum) / sum(minutes.executions) AS position,
        count() OVER () AS total,
        sum(count) OVER () AS executions
      FROM ${sql} AS minutes
      GROUP BY step
    )
    ${cursor ? 'WHERE (-toInt64(count), step) > (-{key:Int64}, {id:String})' : ''}
    ORDER BY count DESC, step
    LIMIT ${STEPS_PER_PAGE + 1}`,
    { ...params, ...cursor },
  )
  const page = found.slice(0, STEPS_PER_PAGE)
  const last = page.at(-1)
  return {
    total: found[0]?.total ?? 0,
    executions: found[0]?.executions ?? 0,
    steps: page
      .toSorted((a, b) => a.position - b.position || (a.step < b.step ? -1 : 1))
      .map((row) => ({ ...toStepStats(row), quantileError })),
    next: found.length > STEPS_PER_PAGE && last ? toCursor(last.count, last.step) : null,
  }
}

function toStepStats({
  quantiles: [p50, p95, p99],
  position: _,
  total: __,
  executions: ___,
  ...row
}: StepRow): Omit<StepStats, 'quantileError'> {
  const errorRate = row.count === 0 ? 0 : row.errors / row.count
  return { ...row, errorRate, p50Ns: p50 ?? 0, p95Ns: p95 ?? 0, p99Ns: p99 ?? 0 }
}

interface VersionRow {
  readonly version: string
  readonly firstRunMs: number
  readonly lastRunMs: number
  readonly totals: TotalsRow
  readonly total: number
}

/** The newest versions of a flow. */
export function listVersions(store: Store, filter: FlowFilter): Promise<VersionsPage> {
  return readVersions(store, runMinutes(store, filter, toChartWindow(filter, 0)), undefined)
}

/** A page of the versions of a flow, by key. */
async function readVersions(
  store: Store,
  minutes: Minutes,
  cursor: string | undefined,
): Promise<VersionsPage> {
  const { sql, params } = minutes
  const after = parseCursor(cursor)
  const found = await rows<VersionRow>(
    store,
    `SELECT * FROM (
      SELECT
        version,
        toUnixTimestamp(min(minute)) * 1000 AS firstRunMs,
        toUnixTimestamp(max(minute)) * 1000 AS lastRunMs,
        ${totalsSql(minutes.quantiles, '1')} AS totals,
        count() OVER () AS total
      FROM ${sql}
      GROUP BY version
    )
    ${after ? 'WHERE (firstRunMs, version) < ({key:Int64}, {id:String})' : ''}
    ORDER BY firstRunMs DESC, version DESC
    LIMIT ${VERSIONS_PER_PAGE + 1}`,
    { ...params, ...after },
  )
  const page = found.slice(0, VERSIONS_PER_PAGE)
  const last = page.at(-1)
  return {
    total: found[0]?.total ?? 0,
    versions: page.map(({ totals, total: _, ...row }) => ({ ...row, ...toTotals(totals, minutes) })),
    before: found[VERSIONS_PER_PAGE]?.version ?? '',
    next: found.length > VERSIONS_PER_PAGE && last ? toCursor(last.firstRunMs, last.version) : null,
  }
}
