import { rows, type Store } from '../store.ts'
import { COMPARISON_RULE } from './judge.ts'
import type { Observation } from './observation.ts'
import { matchSql, type Selection, toSelectionSql } from './selection.ts'

/** What is read of one (step or whole run) on one side. Durations are of successful executions, in nanoseconds. */
export interface SideStats {
  /** Runs in which it ended, with or without success. */
  readonly n: number
  readonly succeeded: number
  /** `null` without a successful execution. */
  readonly p50Ns: number | null
  readonly p95Ns: number | null
  readonly p99Ns: number | null
}

export interface StepStats extends SideStats {
  readonly name: string
  /** Mean start offset in nanoseconds, for the order of steps. */
  readonly position: number
  /** What the tests see. */
  readonly sample: readonly Observation[]
}

export interface RunStats extends SideStats {
  /** Runs that are still running or whose end never arrived: not compared. */
  readonly unfinished: number
  /** Whatever became of them. */
  readonly total: number
  /** Milliseconds since 1970 of the newest run's start, 0 without runs. */
  readonly latest: number
}

export interface Scope {
  readonly project: string
  readonly flow: string
  /** What runs are compared within: see {@link STRATA}. */
  readonly adjust?: string
}

/** SQL of what a comparison can be adjusted for; any other word is a key of the runs' metadata. */
export const STRATA: ReadonlyMap<string, string> = new Map([
  ['environment', 'environment'],
  ['service', 'service'],
  ['model', `arrayStringConcat(arraySort(arrayDistinct(models)), ' and ')`],
  ['user', 'user_id'],
  ['session', 'session_id'],
])

const METADATA = `if(JSONType(metadata, {adjust: String}) = 'String', JSONExtractString(metadata, {adjust: String}),
    JSONExtractRaw(metadata, {adjust: String}))`

/** SQL: a run's stratum, where there are any. */
function stratumOf({ adjust }: Scope): string {
  return adjust === undefined ? '' : `, ${STRATA.get(adjust) ?? METADATA} AS stratum`
}

/** Only these say whether something worked: a suspension, a cancellation, a replay or a skip does not. */
const ENDED = "('ok', 'error', 'expired')"

interface Quantiles {
  readonly quantiles: readonly [number, number, number]
  readonly n: number
  readonly succeeded: number
}

function toStats({ n, succeeded, quantiles: [p50, p95, p99] }: Quantiles): SideStats {
  if (succeeded === 0) return { n, succeeded, p50Ns: null, p95Ns: null, p99Ns: null }
  return { n, succeeded, p50Ns: p50, p95Ns: p95, p99Ns: p99 }
}

/** The runs of a side as wholes: all of them. */
export async function readRunStats(store: Store, scope: Scope, selection: Selection): Promise<RunStats> {
  const side = toSelectionSql(selection, 'side')
  const [row] = await rows<Quantiles & { unfinished: number; total: number; latest: number }>(
    store,
    `SELECT countIf(incomplete = 0 AND status IN ${ENDED}) AS n,
       countIf(incomplete = 0 AND status = 'ok') AS succeeded,
       countIf(incomplete = 1 OR status = 'running') AS unfinished,
       quantilesExactIf(0.5, 0.95, 0.99)(toFloat64(duration_ns), incomplete = 0 AND status = 'ok') AS quantiles,
       count() AS total,
       toUnixTimestamp64Milli(max(start)) AS latest
     FROM runs AS run ${matchSql(side)}`,
    { ...scope, ...side.params },
  )
  const { unfinished, total, latest } = row!
  return { ...toStats(row!), unfinished, total, latest }
}

/** Whether the steps of a side are those of some of its runs. */
export function isLarge({ total }: RunStats): boolean {
  return total > COMPARISON_RULE.mostRuns
}

/** Runs lie in its order, hour by hour: those with the least hashes are read without the others. */
const HASH = 'run_key'
const MOST_HASH = 2n ** 64n - 1n

/** The greatest hash of a run that is looked at. By it the same runs are taken each time, whenever they ran. */
export function mostHash(run: RunStats): string {
  return String(isLarge(run) ? (MOST_HASH * BigInt(COMPARISON_RULE.mostRuns)) / BigInt(run.total) : MOST_HASH)
}

/** How many runs of a step and side the tests see at most. Pairing needs all trials of a case. */
export function sampleSize({ experimentId }: Selection): number {
  return experimentId === undefined ? COMPARISON_RULE.sampleSize : COMPARISON_RULE.mostRuns
}

/** What belongs together, as a number below 2^53: runs of a case, a user or a session; 0 for one that stands alone. */
const KEY = `multiIf(case_id != '', bitShiftRight(cityHash64('case', case_id), 11), user_id != '', bitShiftRight(cityHash64('user', user_id), 11),
    session_id != '', bitShiftRight(cityHash64('session', session_id), 11), 0)`

/** SQL: what the tests see of the runs where a condition holds, those with the least hashes, in the order in which they started. */
function sampleOf(
  { adjust }: Scope,
  selection: Selection,
  duration: string,
  succeeded: string,
  condition: string,
): string {
  const [stratum, strata] = adjust === undefined ? ['', ''] : [', stratum', ', sample.6 AS strata']
  const one = `(${HASH}, start, toFloat64(${duration}), ${succeeded}, toFloat64(key)${stratum})`
  const sample = `arraySort(one -> one.2, groupArraySortedIf(${sampleSize(selection)})(${one}, ${condition}))`
  return `${sample} AS sample, sample.3 AS durations, sample.4 AS successes, sample.5 AS keys${strata}`
}

/** SQL: the column of strata that {@link sampleOf} has. */
function strataOf({ adjust }: Scope): string {
  return adjust === undefined ? '' : ', strata'
}

interface Sampled {
  readonly durations: readonly number[]
  readonly successes: readonly number[]
  readonly keys: readonly number[]
  readonly strata?: readonly string[]
}

function toObservations({ durations, successes, keys, strata }: Sampled): Observation[] {
  return durations.map((duration, i) => ({
    ...{ duration, succeeded: successes[i] === 1, key: keys[i]! },
    ...(strata && { stratum: strata[i]! }),
  }))
}

/** The runs of a side that the tests see: all, or a sample. */
export async function readRunSample(
  store: Store,
  scope: Scope,
  selection: Selection,
  run: RunStats,
): Promise<readonly Observation[]> {
  const side = toSelectionSql(selection, 'side')
  const [row] = await rows<Sampled>(
    store,
    `SELECT durations, successes, keys${strataOf(scope)} FROM (
       SELECT ${sampleOf(scope, selection, 'duration_ns', `status = 'ok'`, `incomplete = 0 AND status IN ${ENDED}`)}
       FROM (SELECT *, ${KEY} AS key${stratumOf(scope)} FROM runs AS run ${matchSql(side)} AND ${HASH} <= {mostHash: UInt64}))`,
    { ...scope, ...side.params, mostHash: mostHash(run) },
  )
  return toObservations(row!)
}

/** Ended executions of a label in a run, plus this for each that failed: one number to add up instead of two. */
const FAILED = 2 ** 32

/**
 * The labels of each run with their totals: the executions of one label in a run are one value, the sum of their
 * durations, and they succeeded if all of them did. `sumMap` runs only for runs that repeat a label (`if` evaluates
 * lazily), and drops a label without an ended execution, as the outer query does.
 */
function perRunAndStep(scope: Scope, matching: string): string {
  return `SELECT run_key, start, ${KEY} AS key${stratumOf(scope)},
       arrayMap(s -> multiIf(s NOT IN ${ENDED}, 0, s = 'ok', 1, ${FAILED + 1}), step_statuses) AS marks,
       arrayMap((m, d) -> if(m > 0, d, 0), marks, step_durations_ns) AS durations,
       arrayMap((m, s) -> if(m > 0, s, 0), marks, step_starts_ns) AS starts,
       if(arrayUniq(step_names) = length(step_names), (step_names, marks, durations, starts),
         arrayReduce('sumMap', [step_names], [marks], [durations], [starts])) AS totals
     FROM runs AS run ${matching} AND incomplete = 0 AND status != 'running'`
}

const SUCCEEDED = `mark < ${FAILED}`

/** The most frequent steps of a side, one more than are shown so that the rest can be told. */
export async function readStepStats(
  store: Store,
  scope: Scope,
  selection: Selection,
  run: RunStats,
): Promise<StepStats[]> {
  const side = toSelectionSql(selection, 'side')
  const found = await rows<Quantiles & Sampled & { name: string; position: number }>(
    store,
    `SELECT name, n, succeeded, quantiles, position, durations, successes, keys${strataOf(scope)} FROM (
       SELECT name, count() AS n, countIf(${SUCCEEDED}) AS succeeded,
         quantilesExactIf(0.5, 0.95, 0.99)(toFloat64(duration), ${SUCCEEDED}) AS quantiles,
         sum(started) / sum(mark % ${FAILED}) AS position,
         ${sampleOf(scope, selection, 'duration', SUCCEEDED, '1')}
       FROM (${perRunAndStep(scope, `${matchSql(side)} AND ${HASH} <= {mostHash: UInt64}`)})
       ARRAY JOIN totals.1 AS name, totals.2 AS mark, totals.3 AS duration, totals.4 AS started
       WHERE mark > 0 GROUP BY name ORDER BY n DESC, name LIMIT {limit: UInt32})`,
    { ...scope, ...side.params, mostHash: mostHash(run), limit: COMPARISON_RULE.maxSteps + 1 },
  )
  return found.map(({ name, position, ...row }) => ({
    name,
    position,
    sample: toObservations(row),
    ...toStats(row),
  }))
}

/** How many runs belong to both sides. */
export async function countOverlap(store: Store, scope: Scope, a: Selection, b: Selection): Promise<number> {
  const first = toSelectionSql(a, 'base')
  const second = toSelectionSql(b, 'candidate')
  const [row] = await rows<{ runs: number }>(
    store,
    `SELECT count() AS runs FROM runs AS run
    PREWHERE ${first.condition} AND ${second.condition} WHERE ${first.latest} AND ${second.latest}`,
    { ...scope, ...first.params, ...second.params },
  )
  return row!.runs
}
