import { isLatest } from '../latest-runs.ts'
import type { Store } from '../store.ts'
import { select } from './rows.ts'

/** A production run that a monitor may judge. */
export interface SettledRunRef {
  readonly runId: string
  readonly flow: string
  /** Since 1970. */
  readonly settledMs: number
}

/** The oldest span that a run settled now can have: older ones are not looked for. */
const LOOK_BACK_MS = 2 * 86_400_000

/**
 * Ended production runs of these flows that settled at or after `sinceMs` and before `untilMs` (since 1970; default: whatever
 * is newer), oldest first. All runs that settled in the same millisecond as the last one are returned, so that `sinceMs` can move on.
 */
export function findSettledRuns(
  store: Store,
  params: {
    readonly flows: readonly string[]
    readonly sinceMs: number
    readonly untilMs?: number | undefined
    readonly limit: number
  },
): Promise<SettledRunRef[]> {
  return select<SettledRunRef>(
    store,
    `SELECT run_id AS runId, flow, toFloat64(toUnixTimestamp64Milli(settled)) AS settledMs FROM runs AS run
     WHERE ${RECENT} AND ${isLatest(RECENT)} AND source = 'production'
       AND settled >= fromUnixTimestamp64Milli({since: Int64}) AND status != 'running'
       AND ({until: Int64} = 0 OR settled < fromUnixTimestamp64Milli({until: Int64}))
     ORDER BY settled LIMIT {limit: UInt32} WITH TIES`,
    {
      flows: params.flows,
      limit: params.limit,
      since: Math.floor(params.sinceMs),
      until: Math.floor(params.untilMs ?? 0),
      from: Math.floor(params.sinceMs - LOOK_BACK_MS),
    },
  )
}

const RECENT = `project = {project: String} AND flow IN {flows: Array(String)}
       AND start >= fromUnixTimestamp64Milli({from: Int64})`

/** ClickHouse's clock, by which runs settle (milliseconds since 1970). */
export async function readClock(store: Store): Promise<number> {
  const [row] = await select<{ now: number }>(
    store,
    'SELECT toFloat64(toUnixTimestamp64Milli(now64(3))) AS now',
  )
  return row!.now
}

/** When a monitor last judged a run (milliseconds since 1970), 0 if none ever did. */
export async function latestMonitorScore(store: Store): Promise<number> {
  const [row] = await select<{ latest: number }>(
    store,
    `SELECT toFloat64(toUnixTimestamp64Milli(max(created))) AS latest FROM scores
     WHERE project = {project: String} AND source = 'monitor'`,
  )
  return row?.latest ?? 0
}
