import { isLatest } from '../latest-runs.ts'
import { minutesSql, ROUNDED_DURATIONS, RUN_TOTALS, STEP_TOTALS, type Totals } from '../minute-totals.ts'
import { firstNative } from '../native/query-native.ts'
import { execute, type Store } from '../store.ts'
import type { TouchedMinutes } from './touched-minutes.ts'

/** A pass adds so many runs or more to their minutes instead of reading these minutes again. */
const MANY_RUNS = 2_000
/** Slices that a minute may have: charts read all of them. */
const MOST_SLICES = 15

/** What a pass has written. */
export interface Written {
  /** How many runs were settled for the first time. */
  readonly firstRuns: number
  /** Their `settled`, microseconds since 1970. */
  readonly firstVersion: bigint
  /** Their minutes. */
  readonly first: TouchedMinutes
  /** The minutes of all other runs, and of the rows that it deleted. */
  readonly again: TouchedMinutes
}

/** Whether other processes were at work. */
export interface Others {
  /** None was when this pass began to read. */
  readonly wereAway: boolean
  /** No other one can have settled the same runs meanwhile: then adding has counted none of them twice. */
  readonly isAlone: () => Promise<boolean>
  /** A pass of another one was going on at the same time as this one, or still is. */
  readonly areOverlapping: () => Promise<boolean>
}

/**
 * Makes the per-minute totals exact for what a pass has written. The minutes that it touched are rebuilt from `runs`. Runs
 * that a large pass settled for the first time are added to their minutes instead, as a slice. At 20,000 runs a second a minute has
 * a million of them. Every pass of two minutes touches it.
 */
export async function countMinutes(
  store: Store,
  { firstRuns, firstVersion, first, again }: Written,
  others: Others,
): Promise<void> {
  const mayAdd = others.wereAway && firstRuns >= MANY_RUNS && !first.isEmpty
  const slices = mayAdd ? await readSlices(store, first) : undefined
  if (slices !== undefined && slices.most < MOST_SLICES) {
    await add(store, firstVersion, slices.version)
    if (await others.isAlone()) return rebuildMinutes(store, again, others, true)
  }
  const isAgain = !again.isEmpty
  const touched = again
  touched.addAll(first)
  await rebuildMinutes(store, touched, others, isAgain || !others.wereAway)
}

/**
 * Of two rebuilds of a minute the one with the later version has seen the runs of both: each takes its version after its pass has
 * written, and before it reads. But its rows may be written before those of the other one, and so may what another pass adds.
 * @param mayVanish a group of these minutes may have no run any more: a run that is settled for the first time only adds to them
 */
async function rebuildMinutes(
  store: Store,
  touched: TouchedMinutes,
  others: Others,
  mayVanish: boolean,
): Promise<void> {
  const params = { first: touched.first, end: touched.last + 60 }
  for (let isRepeated = false; !touched.isEmpty; isRepeated = true) {
    const { version, hasSlices } = await readState(store, touched)
    const old = mayVanish || hasSlices || isRepeated ? 'deleted' : 'replaced'
    for (const [table, totals] of TABLES)
      await execute(store, rebuildSql(table, totals, touched, old), { ...params, version: String(version) })
    if (!(await others.areOverlapping())) return
    for (const [table, totals] of TABLES) await execute(store, deleteOlderSql(table, totals, touched))
    if (!(await isAdded(store, touched, version))) return
  }
}

const TABLES = [
  ['run_minutes', RUN_TOTALS],
  ['step_minutes', STEP_TOTALS],
] as const

const NOW = `toUnixTimestamp64Micro(now64(6, 'UTC'))`

interface MinutesState {
  /**
   * The `settled` of rows that are to replace those of the touched minutes, microseconds since 1970: the clock, but later than they
   * are, since the clock may have been set back. `step_minutes` has none that are later than those of `run_minutes`.
   */
  readonly version: bigint
  readonly hasSlices: boolean
}

async function readState(store: Store, touched: TouchedMinutes): Promise<MinutesState> {
  const value = await firstNative(store, stateSql(touched))
  return { version: value('version') as bigint, hasSlices: value('has_slices') === 1 }
}

const stateSql = (touched: TouchedMinutes): string => `
  SELECT greatest(${NOW}, toUnixTimestamp64Micro(max(settled)) + 2) AS version, toUInt8(max(slice) != 0) AS has_slices
  FROM run_minutes WHERE ${isTouched('minute', touched)}
  SETTINGS max_threads = 1`

/**
 * Rows of the groups that the touched minutes have now: each replaces the row that its group had.
 * With `deleted` come deletions of all rows that these minutes had. Of these, some may be of groups that vanished, or slices. Where
 * both are of one group, the deletion is older.
 *
 * With the setting \`toStartOfMinute\` does not wrap around: where it does, ClickHouse takes it for monotonic nevertheless, and
 * skips granules of \`runs\` in which one run starts after 2106.
 */
function rebuildSql(
  table: string,
  totals: Totals,
  touched: TouchedMinutes,
  old: 'replaced' | 'deleted',
): string {
  const { groups, columns } = totals
  const between = `start >= toDateTime64({first:UInt32}, 9, 'UTC') AND start < toDateTime64({end:UInt32}, 9, 'UTC')`
  const inMinutes = `${between} AND ${isTouched('toStartOfMinute(start)', touched)} AND ${isLatest(between)}`
  return `
  INSERT INTO ${table} (${groups}, ${columns}, slice, settled, is_deleted)
  SETTINGS enable_extended_results_for_datetime_functions = 1
  SELECT *, 0 AS slice, fromUnixTimestamp64Micro({version:Int64}, 'UTC') AS settled, 0 AS is_deleted
  FROM (${minutesSql(totals, 'runs AS run', ROUNDED_DURATIONS, inMinutes)})
  ${old === 'deleted' ? deletionsSql(table, totals, touched) : ''}`
}

function deletionsSql(table: string, { groups, columns }: Totals, touched: TouchedMinutes): string {
  return `UNION ALL
  SELECT ${groups}, ${columns}, slice, fromUnixTimestamp64Micro({version:Int64} - 1, 'UTC'), 1
  FROM ${table}
  WHERE ${isTouched('minute', touched)} AND settled < fromUnixTimestamp64Micro({version:Int64}, 'UTC') AND NOT is_deleted`
}

/** Rows that are older than the last rebuild of their minute, which has seen more than they have. */
function deleteOlderSql(table: string, { groups, columns }: Totals, touched: TouchedMinutes): string {
  return `
  INSERT INTO ${table} (${groups}, ${columns}, slice, settled, is_deleted)
  SELECT ${groups}, ${columns}, slice, newest - INTERVAL 1 MICROSECOND, 1
  FROM (SELECT * FROM ${table} FINAL WHERE ${isTouched('minute', touched)}) AS old
  INNER JOIN (
    SELECT project, flow, minute, max(settled) AS newest FROM ${table}
    WHERE slice = 0 AND NOT is_deleted AND ${isTouched('minute', touched)}
    GROUP BY project, flow, minute
  ) AS rebuilt USING (project, flow, minute)
  WHERE old.settled < newest`
}

/** Whether another pass has added what a rebuild of this version may have seen already. */
async function isAdded(store: Store, touched: TouchedMinutes, version: bigint): Promise<boolean> {
  const value = await firstNative(store, addedSql(touched), { version: String(version) })
  return Number(value('slices')) > 0
}

const addedSql = (touched: TouchedMinutes): string => `
  SELECT count() AS slices FROM run_minutes FINAL
  WHERE slice != 0 AND settled >= fromUnixTimestamp64Micro({version:Int64}, 'UTC') AND ${isTouched('minute', touched)}`

/** SQL: whether a row's minute is one of its flow's. They are part of the query's text, since there may be 50,000. */
function isTouched(minute: string, touched: TouchedMinutes): string {
  const list = Buffer.from(JSON.stringify([...touched])).toString('base64')
  return `(project, flow, ${minute}) IN (
      SELECT each.1, each.2, toDateTime(each.3, 'UTC')
      FROM (SELECT arrayJoin(JSONExtract(base64Decode('${list}'), 'Array(Tuple(String, String, UInt32))')) AS each))`
}

interface Slices {
  /** The most that one group of the touched minutes has. */
  readonly most: number
  /** Of another slice, microseconds since 1970. */
  readonly version: bigint
}

async function readSlices(store: Store, touched: TouchedMinutes): Promise<Slices> {
  const value = await firstNative(store, slicesSql(touched))
  return { most: Number(value('most')), version: value('version') as bigint }
}

const slicesSql = (touched: TouchedMinutes): string => `
  SELECT max(slices) AS most, ${NOW} AS version
  FROM (
    SELECT count() AS slices FROM run_minutes FINAL
    WHERE slice != 0 AND ${isTouched('minute', touched)}
    GROUP BY project, flow, minute, environment, service, version, source
  )`

/** @param version the time after the runs were written: a rebuild that is as late or later has seen them */
async function add(store: Store, firstVersion: bigint, version: bigint): Promise<void> {
  const params = { slice: String(firstVersion), version: String(version) }
  for (const [table, totals] of TABLES) await execute(store, addSql(table, totals), params)
}

function addSql(table: string, totals: Totals): string {
  const added = `settled = fromUnixTimestamp64Micro(toInt64({slice:UInt64}), 'UTC')
    AND start >= toDateTime64('1970-01-01 00:00:00', 9, 'UTC') AND start < toDateTime64('2106-02-07 06:28:00', 9, 'UTC')`
  return `
  INSERT INTO ${table} (${totals.groups}, ${totals.columns}, settled, slice)
  SELECT *, fromUnixTimestamp64Micro({version:Int64}, 'UTC') AS settled, {slice:UInt64} AS slice
  FROM (${minutesSql(totals, 'runs AS run', ROUNDED_DURATIONS, added)})`
}
