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
export const HAS_MINUTE: string = `start >= toDateTime64('1970-01-01 00:00:00', 9, 'UTC')
      AND start < toDateTime64('${MINUTES_END}', 9, 'UTC')`

/** What is counted of the runs of a minute, or of their steps. */
export interface Totals {
  readonly columns: string
  /** The values of `columns`, of the runs that are in scope. */
  readonly values: string
  readonly join: string
  readonly groups: string
}

const GROUPS = 'project, flow, minute, environment, service, version, source'

export const RUN_TOTALS: Totals = {
  columns: `${GROUPS}, runs, errors, durations, input_tokens, output_tokens, cost`,
  values: `
    project, flow, toStartOfMinute(start) AS minute, environment, service, version, source,
    count() AS runs,
    countIf(status = 'error') AS errors,
    quantilesDDStateIf(0.01, 0.5, 0.95, 0.99)(duration_ns, NOT incomplete) AS durations,
    sum(run.input_tokens) AS input_tokens, sum(run.output_tokens) AS output_tokens, sum(run.cost) AS cost`,
  join: '',
  groups: GROUPS,
}

export const STEP_TOTALS: Totals = {
  columns: `${GROUPS}, step, kind, executions, errors, retried, fallbacks, start_offset_sum, durations,
    input_tokens, output_tokens, cost`,
  values: `
    project, flow, toStartOfMinute(start) AS minute, environment, service, version, source, step, kind,
    count() AS executions,
    countIf(step_status = 'error') AS errors,
    countIf(attempts > 1) AS retried,
    countIf(fallback) AS fallbacks,
    sum(toFloat64(offset)) AS start_offset_sum,
    quantilesDDStateIf(0.01, 0.5, 0.95, 0.99)(step_duration_ns, step_status IN ('ok', 'error')) AS durations,
    sum(step_tokens_in) AS input_tokens, sum(step_tokens_out) AS output_tokens, sum(step_cost) AS cost`,
  join: `
  ARRAY JOIN
    step_names AS step, step_kinds AS kind, step_statuses AS step_status, step_durations_ns AS step_duration_ns,
    step_attempts AS attempts, step_fallbacks AS fallback, step_starts_ns AS offset,
    step_input_tokens AS step_tokens_in, step_output_tokens AS step_tokens_out, step_costs AS step_cost`,
  groups: `${GROUPS}, step, kind`,
}

/** SQL: the totals per minute of `runs`, the name of a relation like the table of that name. */
export function minutesOf(runs: string, { values, join, groups }: Totals): string {
  return `
  SELECT ${values}
  FROM ${runs} AS run ${join}
  GROUP BY ${groups}`
}

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
  INSERT INTO ${table} (${totals.columns}, settled)
  SETTINGS enable_extended_results_for_datetime_functions = 1
  WITH ${TOUCHED},
  runs_of_minutes AS (
    SELECT * FROM runs FINAL WHERE (project, flow, toStartOfMinute(start)) IN touched AND ${STARTED_WITHIN}
  )
  SELECT *, toDateTime64({version:String}, 6, 'UTC') FROM (${minutesOf('runs_of_minutes', totals)})`
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
  INSERT INTO ${table} (${totals.columns}, settled, slice)
  WITH added AS (SELECT * FROM runs WHERE ${OF_VERSIONS} AND ${HAS_MINUTE})
  SELECT *, now64(6, 'UTC') AS settled, {slice:UInt64} AS slice FROM (${minutesOf('added', totals)})`
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
