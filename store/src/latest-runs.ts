/** Before any run was settled: stands for rows that replace none, so that one set tells of both. A set costs as much as reading an hour. */
const FIRST = `toDateTime64(-1, 6, 'UTC')`

/**
 * SQL: whether a row of `runs AS run` is the latest of its run, and not deleted. FINAL says the same; but it merges all rows that are looked
 * at by the sort key, which took seven times as long as reading them. Here, only rows that replace others are looked for.
 * @param scope SQL: a condition on project, flow and start, which holds for all rows of a run or for none
 */
export function isLatest(scope: string): string {
  return `run.is_deleted = 0 AND ((run.run_key, if(run.replaces = 0, ${FIRST}, run.settled)) IN (
        SELECT run_key, arrayJoin([${FIRST}, max(settled)]) FROM runs WHERE ${scope} AND replaces = 1
        GROUP BY run_key)) = run.replaces`
}

/** What `run_index` finds runs by. The trace of a run is there where the id of the run does not say it. */
export type Indexed = 'run' | 'trace' | 'parent' | 'session' | 'user' | 'experiment'

/**
 * SQL over `runs AS run`: whether `run_index` names a row for one of some values, so that it is found by the sort key. Rows of other
 * values may be among them, and rows that were replaced.
 * @param value SQL of a text, or `arrayJoin` of an array of texts
 * @param hours SQL: a condition on `hour`
 */
export function isIndexed(what: Indexed, value: string, hours = '1'): string {
  const hash = `cityHash64('${what}', ${value})`
  // A value that is looked for alone costs no set: a fifth of the time of such a statement.
  const isValue = value.startsWith('arrayJoin(') ? `value IN (SELECT ${hash})` : `value = ${hash}`
  return isNamed(`${isValue} AND ${hours}`)
}

/**
 * SQL over `runs AS run`: the same for the runs of traces, whatever their ids are.
 * @param traces SQL: `arrayJoin` of hex digits
 */
export function isOfTraces(traces: string): string {
  return isNamed(
    `value IN (SELECT arrayJoin([cityHash64('run', one), cityHash64('trace', one)]) FROM (SELECT ${traces} AS one))`,
  )
}

function isNamed(where: string): string {
  return `(${hourOf('toUnixTimestamp64Nano(run.start)')}, run.flow, run.run_key) IN (
        SELECT hour, flow, run_key FROM run_index WHERE project = {project:String} AND ${where})`
}

/**
 * SQL: the hours of the runs of a value, the last one first, as far as `run_index` knows.
 * @param hours as of {@link isIndexed}
 */
export function indexedHours(what: Indexed, value: string, hours: string): string {
  return `SELECT hour FROM run_index WHERE project = {project:String} AND value = cityHash64('${what}', ${value}) AND ${hours}
    ORDER BY value DESC, hour DESC`
}

/** SQL: whether `run_index` names a row for a value, as in {@link isIndexed}. */
export function isIndexedAtAll(what: Indexed, value: string): string {
  return `(SELECT count() > 0 FROM run_index WHERE project = {project:String} AND value = cityHash64('${what}', ${value}))`
}

/** SQL: the hour of a start, as the sort key of `runs` has it. */
export function hourOf(nanoseconds: string): string {
  return `intDiv(${nanoseconds}, 3600000000000)`
}

/** SQL: a relation like `runs` with the latest row of each run that {@link isIndexed} finds, deleted ones included. */
export function indexedRuns(what: Indexed, value: string): string {
  return `(
      SELECT * FROM runs AS run WHERE project = {project:String} AND ${isIndexed(what, value)}
      ORDER BY run.settled DESC LIMIT 1 BY run.run_key
    )`
}
