import { randomUUID } from 'node:crypto'
import { execute, type Store } from '../store.ts'
import { type Batch, NEVER, type Taken } from './batch.ts'
import { EXPIRY_MS } from './quiet.ts'
import { mergeRanges, within } from './ranges.ts'
import type { SettledRuns } from './settled-runs.ts'

/**
 * Subtracts what the pass has seen, so that spans that came meanwhile remain to be settled; and keeps exactly one
 * reminder for a trace with a running run.
 */
export async function checkOff(
  store: Store,
  taken: Taken | undefined,
  batches: readonly Batch[],
  known?: SettledRuns,
): Promise<void> {
  if (batches.length > 0) {
    const found = batches.filter(({ traces }) => traces > 0)
    const received = found.map((batch) => batch.received).sort()
    const { start, params } = within(mergeRanges(found.flatMap(({ ranges }) => ranges)))
    const ids = batches.map(({ id }) => id)
    await execute(store, remindSql(start), { ...params, batches: ids, received: received.at(-1) ?? NEVER })
  }
  if (taken === undefined) return
  const worker = known?.worker ?? randomUUID()
  await execute(store, 'INSERT INTO settling_passes (worker) SELECT {worker:UUID}', { worker })
  await execute(store, CHECK_OFF, { batch: taken.id })
}

const remindSql = (within: string): string => `
  INSERT INTO unsettled_traces (project, trace_id, reason, pending, due, since, settled)
  WITH
  batch_traces AS (
    SELECT project, trace_id, max(expiry_seen) AS expiry_seen FROM settling_traces
    WHERE batch IN {batches:Array(UUID)} GROUP BY project, trace_id
  ),
  running AS (
    SELECT DISTINCT project, arrayJoin(trace_ids) AS trace_id
    FROM runs FINAL
    WHERE (project, trace_id) IN (SELECT project, trace_id FROM batch_traces) AND status = 'running'
      AND ${within}
  )
  SELECT
    project, trace_id, 'expiry' AS reason,
    toInt64((project, trace_id) IN running) - expiry_seen AS pending,
    toDateTime64({received:String}, 3, 'UTC') + toIntervalMillisecond(${EXPIRY_MS}) AS due,
    toDateTime64('2100-01-01', 3, 'UTC') AS since, toDateTime64(0, 3, 'UTC') AS settled
  FROM batch_traces
  WHERE pending != 0`

const CHECK_OFF = `
  INSERT INTO unsettled_traces (project, trace_id, reason, pending, due, since, settled)
  SELECT
    project, trace_id, 'spans', -spans_seen, toDateTime64(0, 3, 'UTC'), toDateTime64('2100-01-01', 3, 'UTC'),
    now64(3, 'UTC')
  FROM settling_traces
  WHERE batch = {batch:UUID} AND spans_seen != 0`
