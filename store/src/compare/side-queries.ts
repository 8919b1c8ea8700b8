import { type QueryParams, rows, type Store } from '../store.ts'
import { COMPARISON_RULE } from './judge.ts'
import { type Selection, toCondition } from './selection.ts'

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

/** The runs of a side as wholes. */
export async function readRunStats(store: Store, scope: Scope, selection: Selection): Promise<RunStats> {
  const { sql, params } = toCondition(selection, 'side')
  const [row] = await rows<Quantiles & { unfinished: number; total: number; latest: number }>(
    store,
    `SELECT countIf(incomplete = 0 AND status IN ${ENDED}) AS n,
       countIf(incomplete = 0 AND status = 'ok') AS succeeded,
       countIf(incomplete = 1 OR status = 'running') AS unfinished,
       quantilesExactIf(0.5, 0.95, 0.99)(toFloat64(duration_ns), incomplete = 0 AND status = 'ok') AS quantiles,
       count() AS total,
       toUnixTimestamp64Milli(max(start)) AS latest
     FROM runs FINAL WHERE ${sql}`,
    { ...scope, ...params },
  )
  const { unfinished, total, latest } = row!
  return { ...toStats(row!), unfinished, total, latest }
}

/** Ended executions of a label in a run, plus this for each that failed: one number to add up instead of two. */
const FAILED = 2 ** 32

/**
 * The labels of each run with their totals: the executions of one label in a run are one value, the sum of their
 * durations, and they succeeded if all of them did. `sumMap` runs only for runs that repeat a label (`if` evaluates
 * lazily), and drops a label without an ended execution, as the outer query does.
 */
function perRunAndStep(condition: string): string {
  return `SELECT run_id,
       arrayMap(s -> multiIf(s NOT IN ${ENDED}, 0, s = 'ok', 1, ${FAILED + 1}), step_statuses) AS marks,
       arrayMap((m, d) -> if(m > 0, d, 0), marks, step_durations_ns) AS durations,
       arrayMap((m, s) -> if(m > 0, s, 0), marks, step_starts_ns) AS starts,
       if(arrayUniq(step_names) = length(step_names), (step_names, marks, durations, starts),
         arrayReduce('sumMap', [step_names], [marks], [durations], [starts])) AS totals
     FROM runs FINAL WHERE ${condition} AND incomplete = 0 AND status != 'running'`
}

const EACH_STEP = `ARRAY JOIN totals.1 AS name, totals.2 AS mark, totals.3 AS duration, totals.4 AS started`
const SUCCEEDED = `mark < ${FAILED}`

/** The most frequent steps of a side, one more than are shown so that the rest can be told. */
export async function readStepStats(store: Store, scope: Scope, selection: Selection): Promise<StepStats[]> {
  const { sql, params } = toCondition(selection, 'side')
  const found = await rows<Quantiles & { name: string; position: number }>(
    store,
    `SELECT name, count() AS n, countIf(${SUCCEEDED}) AS succeeded,
       quantilesExactIf(0.5, 0.95, 0.99)(toFloat64(duration), ${SUCCEEDED}) AS quantiles,
       sum(started) / sum(mark % ${FAILED}) AS position
     FROM (${perRunAndStep(sql)}) ${EACH_STEP}
     WHERE mark > 0 GROUP BY name ORDER BY n DESC, name LIMIT {limit: UInt32}`,
    { ...scope, ...params, limit: COMPARISON_RULE.maxSteps + 1 },
  )
  return found.map(({ name, position, ...row }) => ({ name, position, ...toStats(row) }))
}

/** Durations of successful executions, in nanoseconds. */
export interface Samples {
  readonly run: readonly number[]
  readonly steps: ReadonlyMap<string, readonly number[]>
}

/** Runs are taken by a hash of their id, so that the same runs are taken each time, and for each step of a run. */
const HASH = 'bitAnd(cityHash64(run_id), 4294967295)'
const HASHES = 2 ** 32

/** All durations, or about {@link COMPARISON_RULE.sampleSize} of them where there are more. */
export async function readSamples(
  store: Store,
  scope: Scope,
  selection: Selection,
  run: SideStats,
  steps: readonly StepStats[],
): Promise<Samples> {
  const { sql, params } = toCondition(selection, 'side')
  const bound = { ...scope, ...params }
  const large = steps.filter(isSampled)
  const largest = Math.max(0, ...steps.map(shareOf))
  const ofSteps = rows<{ name: string; durations: number[] }>(
    store,
    `SELECT name, groupArray(toFloat64(duration)) AS durations
     FROM (${perRunAndStep(`${sql} AND ${HASH} < {largest: UInt64}`)}) ${EACH_STEP}
     WHERE mark > 0 AND ${SUCCEEDED}
       AND ${HASH} < transform(name, {names: Array(String)}, {shares: Array(UInt64)}, toUInt64(${HASHES}))
     GROUP BY name`,
    {
      ...bound,
      names: ['', ...large.map(({ name }) => name)],
      shares: [HASHES, ...large.map(shareOf)],
      largest,
    },
  )
  const [ofRun, found] = await Promise.all([
    readRunSample(store, sql, { ...bound, share: shareOf(run) }),
    ofSteps,
  ])
  return { run: ofRun, steps: new Map(found.map(({ name, durations }) => [name, durations])) }
}

async function readRunSample(store: Store, condition: string, params: QueryParams): Promise<number[]> {
  const [row] = await rows<{ durations: number[] }>(
    store,
    `SELECT groupArray(toFloat64(duration_ns)) AS durations FROM runs FINAL
     WHERE ${condition} AND incomplete = 0 AND status = 'ok' AND ${HASH} < {share: UInt64}`,
    params,
  )
  return row!.durations
}

/** Whether the tests see a sample of it. */
export function isSampled({ succeeded }: SideStats): boolean {
  return succeeded > COMPARISON_RULE.sampleSize
}

function shareOf(stats: SideStats): number {
  return isSampled(stats) ? Math.ceil((HASHES * COMPARISON_RULE.sampleSize) / stats.succeeded) : HASHES
}

/** How many runs belong to both sides. */
export async function countOverlap(store: Store, scope: Scope, a: Selection, b: Selection): Promise<number> {
  const first = toCondition(a, 'base')
  const second = toCondition(b, 'candidate')
  const [row] = await rows<{ runs: number }>(
    store,
    `SELECT count() AS runs FROM runs FINAL WHERE ${first.sql} AND ${second.sql}`,
    { ...scope, ...first.params, ...second.params },
  )
  return row!.runs
}
