import { minutesSql, RUN_TOTALS, STEP_TOTALS, type Totals } from '../minute-totals.ts'
import { execute, firstRow, type QueryParams, type Store } from '../store.ts'

/** A pass adds so many runs or more to their minutes instead of reading these minutes again. */
const MANY_RUNS = 2_000
/** Slices that a minute may have: charts read all of them. */
const MOST_SLICES = 15

/** The `settled` of the rows that a pass has written, microseconds since 1970. */
export interface Written {
  /** Of runs that were settled for the first time. */
  readonly first: bigint
  /** Of all others, and of rows that it deleted. */
  readonly again: bigint
  /** How many were settled for the first time. */
  readonly firstRuns: number
}

/**
 * Makes the per-minute totals exact for what a pass has written, which names the minutes that it touched. They are rebuilt from
 * `runs`. Only the runs that a large pass settled for the first time are added to their minutes instead, as a slice: at
 * 20,000 runs a second, a minute has a million of them, and is touched by every pass of two minutes.
 * @param isAlone whether no other process can have settled the same runs meanwhile: then adding counts none of them twice
 */
export async function countMinutes(
  store: Store,
  written: Written,
  isAlone: () => Promise<boolean>,
): Promise<void> {
  const { first, again, firstRuns } = written
  const adds = firstRuns >= MANY_RUNS && (await isAlone()) && (await mostSlices(store, [first])) < MOST_SLICES
  if (adds) {
    await add(store, first)
    if (await isAlone()) return rebuildMinutes(store, [again])
  }
  await rebuildMinutes(store, [first, again])
}

/** @param versions `settled` of rows of `runs`, microseconds since 1970 */
async function rebuildMinutes(store: Store, versions: readonly bigint[]): Promise<void> {
  for (;;) {
    const span = await spanOf(store, versions)
    if (span === undefined) return
    // Taken after the runs were written: of two rebuilds of a minute the later one has seen the runs of both.
    const clock = await firstRow<{ version: string }>(store, VERSION, span)
    const params = { ...span, version: clock?.version }
    for (const [table, totals] of TABLES) {
      await execute(store, rebuildSql(table, totals), params)
      await execute(store, deleteOutdatedSql(table), params)
    }
    // What another pass added while the runs were read may have been seen already.
    const added = await firstRow<{ added: number }>(store, COUNT_ADDED, params)
    if (!added?.added) return
  }
}

/** A minute is a `DateTime`, which ends within the minute after: runs that start from here on are in no minute. */
const MINUTES_END = '2106-02-07 06:28:00'

/** SQL: whether a run's start is one that minutes can hold. Functions such as `toStartOfMinute` wrap around beyond. */
const HAS_MINUTE: string = `start >= toDateTime64('1970-01-01 00:00:00', 9, 'UTC')
      AND start < toDateTime64('${MINUTES_END}', 9, 'UTC')`

const TABLES = [
  ['run_minutes', RUN_TOTALS],
  ['step_minutes', STEP_TOTALS],
] as const

/** What queries over the touched minutes bind. */
interface Span extends QueryParams {
  readonly versions: readonly string[]
  /** First and last start of the touched runs that minutes can hold, as ClickHouse writes them. */
  readonly from: string
  readonly to: string
}

async function spanOf(store: Store, versions: readonly bigint[]): Promise<Span | undefined> {
  const bound = { versions: versions.map(String) }
  const found = await firstRow<{ from: string; to: string; runs: number }>(store, SPAN, bound)
  return found && found.runs > 0 ? { ...bound, from: found.from, to: found.to } : undefined
}

const OF_VERSIONS = `settled IN (
      SELECT fromUnixTimestamp64Micro(toInt64(arrayJoin({versions:Array(String)})), 'UTC'))`

/** Not FINAL: rows of deleted runs name the minutes that they left. */
const SPAN = `
  SELECT toString(toStartOfMinute(min(start))) AS from, toString(toStartOfMinute(max(start)) + INTERVAL 1 MINUTE) AS to, count() AS runs
  FROM runs WHERE ${OF_VERSIONS} AND ${HAS_MINUTE}`

const TOUCHED = `
  touched AS (
    SELECT DISTINCT project, flow, toStartOfMinute(start) AS minute FROM runs WHERE ${OF_VERSIONS} AND ${HAS_MINUTE}
  )`

/** Bounds have the column's own type: a filter that compares a DateTime64 key with a DateTime loses rows of the last second. */
const STARTED_WITHIN = `start >= toDateTime64({from:String}, 9, 'UTC') AND start < toDateTime64({to:String}, 9, 'UTC') AND ${HAS_MINUTE}`
const MINUTE_WITHIN = `minute >= toDateTime({from:String}, 'UTC') AND minute <= toDateTime({to:String}, 'UTC')`

/** The clock, but later than what it replaces: the clock may have been set back since. */
const VERSION = `
  SELECT toString(greatest(now64(6, 'UTC'), max(newest) + INTERVAL 1 MICROSECOND)) AS version
  FROM (
    SELECT max(settled) AS newest FROM run_minutes WHERE ${MINUTE_WITHIN} AND settled >= now64(6, 'UTC')
    UNION ALL
    SELECT max(settled) FROM step_minutes WHERE ${MINUTE_WITHIN} AND settled >= now64(6, 'UTC')
  )`

/**
 * With the setting \`toStartOfMinute\` does not wrap around: where it does, ClickHouse takes it for monotonic nevertheless, and
 * skips granules of \`runs\` in which one run starts after 2106.
 */
function rebuildSql(table: string, totals: Totals): string {
  return `
  INSERT INTO ${table} (${totals.groups}, ${totals.columns}, settled)
  SETTINGS enable_extended_results_for_datetime_functions = 1
  WITH ${TOUCHED},
  runs_of_minutes AS (
    SELECT * FROM runs FINAL WHERE (project, flow, toStartOfMinute(start)) IN touched AND ${STARTED_WITHIN}
  )
  SELECT *, toDateTime64({version:String}, 6, 'UTC') FROM (${minutesSql(totals, 'runs_of_minutes AS run')})`
}

/** Groups of a touched minute that the rebuild did not write again, and slices, whose runs it has seen. */
function deleteOutdatedSql(table: string): string {
  return `
  INSERT INTO ${table}
  WITH ${TOUCHED}
  SELECT * REPLACE (1 AS is_deleted, toDateTime64({version:String}, 6, 'UTC') AS settled)
  FROM ${table} AS old FINAL
  WHERE (project, flow, minute) IN touched AND ${MINUTE_WITHIN} AND old.settled < toDateTime64({version:String}, 6, 'UTC')`
}

const COUNT_ADDED = `
  WITH ${TOUCHED}
  SELECT count() AS added FROM run_minutes FINAL
  WHERE slice != 0 AND settled >= toDateTime64({version:String}, 6, 'UTC')
    AND (project, flow, minute) IN touched AND ${MINUTE_WITHIN}`

async function add(store: Store, version: bigint): Promise<void> {
  const params = { versions: [String(version)], slice: String(version) }
  for (const [table, totals] of TABLES) await execute(store, addSql(table, totals), params)
}

/** The rows' `settled` is the time after the runs were written: a rebuild that is as late or later has seen them. */
function addSql(table: string, totals: Totals): string {
  return `
  INSERT INTO ${table} (${totals.groups}, ${totals.columns}, settled, slice)
  WITH added AS (SELECT * FROM runs WHERE ${OF_VERSIONS} AND ${HAS_MINUTE})
  SELECT *, now64(6, 'UTC') AS settled, {slice:UInt64} AS slice FROM (${minutesSql(totals, 'added AS run')})`
}

/** The most slices that one group of the touched minutes has. */
async function mostSlices(store: Store, versions: readonly bigint[]): Promise<number> {
  const span = await spanOf(store, versions)
  if (span === undefined) return 0
  return (await firstRow<{ slices: number }>(store, SLICES, span))?.slices ?? 0
}

const SLICES = `
  SELECT max(slices) AS slices
  FROM (
    SELECT count() AS slices FROM run_minutes FINAL
    WHERE slice != 0 AND ${MINUTE_WITHIN}
    GROUP BY project, flow, minute, environment, service, version, source
  )`
