import { execute, rows, type Store } from '../store.ts'
import { type Batch, takeQuiet, takeTraces } from './batch.ts'
import { rebuildMinutes } from './rebuild-minutes.ts'
import { resolveSpans } from './resolve-spans.ts'
import { rewriteSpans } from './rewrite-spans.ts'
import { EXPIRY_MINUTES } from './shape-runs.ts'
import { writeRuns } from './write-runs.ts'

/** What a settling pass did. */
export interface Settled {
  /** Traces whose spans were read. */
  readonly traces: number
  /** Runs written, of any source. */
  readonly runs: readonly SettledRun[]
}

export interface SettledRun {
  readonly project: string
  readonly runId: string
  readonly flow: string
  readonly source: 'production' | 'experiment'
  readonly status: string
  readonly incomplete: boolean
}

const TRACES_PER_BATCH = 2_000
const NOTHING: Settled = { traces: 0, runs: [] }

/**
 * Settles these traces now (32 hex digits each), and others that share a run with them. Idempotent.
 * @param params.now the time that decides whether an unfinished run has expired; default: the clock
 */
export async function settleTraces(
  store: Store,
  traceIds: readonly string[],
  { project = store.project, now = new Date() }: { project?: string; now?: Date } = {},
): Promise<Settled> {
  let settled = NOTHING
  for (let i = 0; i < traceIds.length; i += TRACES_PER_BATCH) {
    const batch = await takeTraces(store, project, traceIds.slice(i, i + TRACES_PER_BATCH))
    const { traces, runs } = await settle(store, batch, now)
    settled = { traces: settled.traces + traces, runs: [...settled.runs, ...runs] }
  }
  return settled
}

/**
 * Settles traces that got spans since they were last settled and none for `quietMs`, oldest first, in one bounded
 * batch: call it again at once while it returns traces. Whatever a pass did not finish, the next one repeats.
 */
export async function settleQuiet(
  store: Store,
  { quietMs, now = new Date() }: { quietMs: number; now?: Date },
): Promise<Settled> {
  const batch = await takeQuiet(store, quietMs, now)
  return batch ? settle(store, batch, now) : NOTHING
}

async function settle(store: Store, batch: Batch, now: Date): Promise<Settled> {
  if (batch.traces > 0) {
    await resolveSpans(store, batch)
    await rewriteSpans(store, batch)
    await writeRuns(store, batch, now)
    await rebuildMinutes(store, batch)
  }
  const { id, from, to, received } = batch
  const runs = await rows<SettledRun>(store, SETTLED_RUNS, { batch: id, from, to })
  await execute(store, CHECK_OFF, { batch: id, from, to, received })
  return { traces: batch.traces, runs }
}

const SETTLED_RUNS = `
  SELECT project, run_id AS runId, flow, source, status, toBool(incomplete) AS incomplete
  FROM runs FINAL
  WHERE (project, trace_id) IN (SELECT project, trace_id FROM settling_traces WHERE batch = {batch:UUID})
    AND start BETWEEN toDateTime64({from:String}, 9, 'UTC') AND toDateTime64({to:String}, 9, 'UTC')`

/**
 * Subtracts what the pass has seen, so that spans that came meanwhile remain to be settled; and keeps exactly one
 * reminder for a trace with a running run.
 */
const CHECK_OFF = `
  INSERT INTO unsettled_traces (project, trace_id, reason, pending, due, since, settled)
  WITH
  batch_traces AS (SELECT * FROM settling_traces WHERE batch = {batch:UUID}),
  running AS (
    SELECT DISTINCT project, arrayJoin(trace_ids) AS trace_id
    FROM runs FINAL
    WHERE (project, trace_id) IN (SELECT project, trace_id FROM batch_traces) AND status = 'running'
      AND start BETWEEN toDateTime64({from:String}, 9, 'UTC') AND toDateTime64({to:String}, 9, 'UTC')
  )
  SELECT
    project, trace_id, 'spans' AS reason, -spans_seen AS pending, toDateTime64(0, 3, 'UTC') AS due,
    toDateTime64('2100-01-01', 3, 'UTC') AS since, now64(3, 'UTC') AS settled
  FROM batch_traces
  WHERE spans_seen != 0
  UNION ALL
  SELECT
    project, trace_id, 'expiry' AS reason,
    toInt64((project, trace_id) IN running) - expiry_seen AS pending,
    toDateTime64({received:String}, 3, 'UTC') + INTERVAL ${EXPIRY_MINUTES} MINUTE AS due,
    toDateTime64('2100-01-01', 3, 'UTC') AS since, toDateTime64(0, 3, 'UTC') AS settled
  FROM batch_traces
  WHERE pending != 0`
