import { OTHER_FLOWS } from '../settle/known-flows.ts'
import { rows, type Store } from '../store.ts'
import { parseCursor, toCursor } from './cursor.ts'
import type { RunFilter } from './filter.ts'
import { askExactly, BUCKET, type Minutes, runMinutes, toWindow, type Window } from './minutes.ts'
import { NO_RUNS, type RunTotals, type TotalsRow, toTotals, totalsSql } from './totals.ts'

/** Runs of a bucket of the window. */
interface RunBucket {
  readonly runs: number
  readonly errors: number
}

/** One flow of the overview. */
export interface FlowSummary extends RunTotals {
  readonly flow: string
  /** Start of the newest run, milliseconds since 1970, rounded down to the minute. */
  readonly lastRunMs: number
  /** One entry per bucket of the window, oldest first. */
  readonly sparkline: readonly RunBucket[]
  /** The window of equal length just before; runs 0 if there was nothing. */
  readonly previous: RunTotals
}

/** Which flows of a filter's runs to list. */
export interface FlowSearch extends RunFilter {
  /** Part of the flow's name, in any case. */
  readonly name?: string | undefined
  /** Most runs first, unless told otherwise. */
  readonly order?: 'runs' | 'name' | undefined
  /** {@link Overview.next} of the page before. */
  readonly cursor?: string | undefined
  /** 1..500, default 50. */
  readonly limit?: number | undefined
}

export interface Overview {
  /** Of all flows, whichever are listed. */
  readonly totals: RunTotals
  readonly previous: RunTotals
  /** Of all flows, like {@link FlowSummary.sparkline}. */
  readonly buckets: readonly RunBucket[]
  readonly bucketMs: number
  /** Runs whose own flow is not told apart: the project had too many. */
  readonly foldedRuns: number
  /** How many flows match, on all pages. */
  readonly flowCount: number
  /** One page of them. */
  readonly flows: readonly FlowSummary[]
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null
}

interface OverviewRow {
  readonly flow: string
  readonly isTotal: number
  readonly current: TotalsRow
  readonly previous: TotalsRow
  readonly lastRunMs: number
  /** Bucket indexes, runs, errors. */
  readonly line: [number[], number[], number[]]
  readonly foldedRuns: number
  readonly flowCount: number
}

const SPARKLINE_BUCKETS = 40

const SUMMED = ['runs', 'errors', 'input_tokens', 'output_tokens', 'cost', 'unpriced_tokens']

/** SQL: order of the flows, and what comes after a cursor. */
const ORDERS = {
  runs: { by: 'flowRuns DESC, flow', after: '(-flowRuns, flow) > (-{key:Int64}, {id:String})' },
  name: { by: 'flow', after: 'flow > {id:String}' },
}

/** The runs of a window as a whole, and a page of the flows that have some, by key. */
export async function getOverview(store: Store, search: FlowSearch): Promise<Overview> {
  const window = toWindow(search, SPARKLINE_BUCKETS)
  const limit = Math.min(500, Math.max(1, search.limit ?? 50))
  const cursor = parseCursor(search.cursor)
  const params = { ...cursor, name: search.name ?? '', other: OTHER_FLOWS, limit: limit + 2 }
  const totalOf = (found: readonly OverviewRow[]) => found.find((row) => row.isTotal === 1)
  const { minutes, answer: found } = await askExactly(
    runMinutes(store, search, window, window.toMs - window.fromMs),
    (minutes) =>
      rows<OverviewRow>(store, overviewSql(minutes, search, cursor !== undefined), {
        ...minutes.params,
        ...params,
      }),
    (found) => (totalOf(found)?.current.runs ?? 0) + (totalOf(found)?.previous.runs ?? 0),
  )
  const total = totalOf(found)
  const listed = found.filter((row) => row.isTotal === 0)
  const flows = listed.slice(0, limit).map((row) => toSummary(row, minutes, window))
  const last = flows.at(-1)
  return {
    totals: toTotals(total?.current ?? NO_RUNS, minutes),
    previous: toTotals(total?.previous ?? NO_RUNS, minutes),
    buckets: toBuckets(total?.line ?? [[], [], []], window),
    bucketMs: window.bucketMs,
    foldedRuns: total?.foldedRuns ?? 0,
    flowCount: total?.flowCount ?? 0,
    flows,
    next: listed.length > limit && last ? toCursor(last.runs, last.flow) : null,
  }
}

function overviewSql(minutes: Minutes, { order = 'runs' }: FlowSearch, isContinued: boolean): string {
  const { by, after } = ORDERS[order]
  return `
  WITH
  -- Most of the time goes into merging durations: once here, not for a flow and for all of them again.
  merged AS (
    SELECT
      flow, minute >= toDateTime({from:UInt32}, 'UTC') AS is_current, ${BUCKET} AS bucket, max(one.minute) AS last_minute,
      ${SUMMED.map((column) => `sum(one.${column}) AS ${column}`).join(', ')}, ${minutes.merged} AS merged_durations
    FROM ${minutes.sql} AS one
    GROUP BY flow, is_current, bucket
  ),
  grouped AS (
    SELECT
      toString(flow) AS flow,
      grouping(flow) AS isTotal,
      ${totalsSql(minutes.mergedQuantiles, 'is_current')} AS current,
      ${totalsSql(minutes.mergedQuantiles, 'NOT is_current')} AS previous,
      toUnixTimestamp(maxIf(last_minute, is_current)) * 1000 AS lastRunMs,
      sumMapIf([bucket], [runs], [errors], is_current) AS line
    FROM merged
    GROUP BY GROUPING SETS ((flow), ())
  ),
  counted AS (
    SELECT
      *,
      toInt64(current.runs) AS flowRuns,
      isTotal = 0 AND flowRuns > 0
        AND ({name:String} = '' OR positionCaseInsensitiveUTF8(flow, {name:String}) > 0) AS isListed,
      countIf(isListed) OVER () AS flowCount,
      sumIf(flowRuns, isTotal = 0 AND flow = {other:String}) OVER () AS foldedRuns
    FROM grouped
  )
  SELECT * EXCEPT (flowRuns, isListed) FROM counted
  WHERE isTotal = 1 OR (isListed ${isContinued ? `AND ${after}` : ''})
  ORDER BY isTotal DESC, ${by}
  LIMIT {limit:UInt32}`
}

function toSummary(
  { flow, current, previous, lastRunMs, line }: OverviewRow,
  minutes: Minutes,
  window: Window,
): FlowSummary {
  const sparkline = toBuckets(line, window)
  return { flow, ...toTotals(current, minutes), previous: toTotals(previous, minutes), lastRunMs, sparkline }
}

function toBuckets([indexes, runs, errors]: OverviewRow['line'], window: Window): RunBucket[] {
  const buckets = Array.from({ length: window.buckets }, (): RunBucket => ({ runs: 0, errors: 0 }))
  indexes.forEach((index, i) => {
    buckets[index] = { runs: runs[i] ?? 0, errors: errors[i] ?? 0 }
  })
  return buckets
}
