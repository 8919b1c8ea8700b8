import { firstRow, rows, type Store } from '../store.ts'
import type { RunFilter } from './filter.ts'
import { BUCKET, runMinutes, toWindow, type Window } from './minutes.ts'
import { NO_RUNS, type RunTotals, type TotalsTuple, toTotals, totalsSql } from './totals.ts'

/** One flow of the overview. */
export interface FlowSummary extends RunTotals {
  readonly flow: string
  /** Start of the newest run, milliseconds since 1970, rounded down to the minute. */
  readonly lastRunMs: number
  /** One entry per bucket of the window, oldest first. */
  readonly sparkline: readonly { readonly runs: number; readonly errors: number }[]
  /** The window of equal length just before; runs 0 if there was nothing. */
  readonly previous: RunTotals
}

export interface Overview {
  readonly totals: RunTotals
  readonly previous: RunTotals
  /** Most runs first. */
  readonly flows: readonly FlowSummary[]
  readonly bucketMs: number
}

interface OverviewRow {
  readonly flow: string
  readonly isTotal: number
  readonly current: TotalsTuple
  readonly previous: TotalsTuple
  readonly lastRunMs: number
  /** Bucket indexes, runs, errors. */
  readonly line: [number[], number[], number[]]
}

const SPARKLINE_BUCKETS = 40

/** Every flow with runs in the window, and all of them together. */
export async function getOverview(store: Store, filter: RunFilter): Promise<Overview> {
  const window = toWindow(filter, SPARKLINE_BUCKETS)
  const { sql, params } = runMinutes(store, filter, window, window.toMs - window.fromMs)
  const current = `minute >= toDateTime({from:UInt32}, 'UTC')`
  const found = await rows<OverviewRow>(
    store,
    `SELECT
      flow,
      grouping(flow) AS isTotal,
      ${totalsSql(current)} AS current,
      ${totalsSql(`NOT (${current})`)} AS previous,
      toUnixTimestamp(maxIf(minute, ${current})) * 1000 AS lastRunMs,
      sumMapIf([${BUCKET}], [toUInt64(runs)], [toUInt64(errors)], ${current}) AS line
    FROM ${sql}
    GROUP BY GROUPING SETS ((flow), ())
    ORDER BY current.1 DESC, flow`,
    params,
  )
  const total = found.find((row) => row.isTotal === 1)
  const flows = found.filter((row) => row.isTotal === 0 && row.current[0] > 0)
  return {
    totals: toTotals(total?.current ?? NO_RUNS),
    previous: toTotals(total?.previous ?? NO_RUNS),
    flows: flows.map((row) => toSummary(row, window)),
    bucketMs: window.bucketMs,
  }
}

function toSummary({ flow, current, previous, lastRunMs, line }: OverviewRow, window: Window): FlowSummary {
  const sparkline = Array.from({ length: window.buckets }, () => ({ runs: 0, errors: 0 }))
  const [buckets, runs, errors] = line
  buckets.forEach((bucket, i) => {
    sparkline[bucket] = { runs: runs[i] ?? 0, errors: errors[i] ?? 0 }
  })
  return { flow, ...toTotals(current), previous: toTotals(previous), lastRunMs, sparkline }
}

export interface FilterOptions {
  readonly flows: readonly string[]
  readonly environments: readonly string[]
  readonly versions: readonly string[]
  readonly services: readonly string[]
}

/**
 * The values that the filters of a page can take within a window, sorted; all but flows narrowed to `flow`. Whatever else
 * a filter says is left aside: what is chosen must not hide the other choices.
 */
export async function getFilterOptions(
  store: Store,
  { project, from, to, flow, source }: Pick<RunFilter, 'project' | 'from' | 'to' | 'flow' | 'source'>,
): Promise<FilterOptions> {
  const window = { project, from, to, source }
  const { sql, params } = runMinutes(store, window, toWindow(window, SPARKLINE_BUCKETS))
  const within = flow === undefined ? '1' : 'flow = {flow:String}'
  const values = (column: string) =>
    `arraySort(groupUniqArrayIf(1000)(toString(${column}), ${within} AND ${column} != ''))`
  const found = await firstRow<FilterOptions>(
    store,
    `SELECT
      arraySort(groupUniqArray(1000)(toString(flow))) AS flows,
      ${values('environment')} AS environments,
      ${values('version')} AS versions,
      ${values('service')} AS services
    FROM ${sql}`,
    { ...params, flow },
  )
  return found ?? { flows: [], environments: [], versions: [], services: [] }
}
