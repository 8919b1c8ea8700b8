import { execute, type Store } from '../store.ts'
import type { Batch } from './batch.ts'
import { gather } from './gather.ts'
import { RESOLVE_SETTINGS, resolveSpans } from './resolve-spans.ts'
import { FLOW_CANDIDATE } from './run-flow.ts'
import { shapeRuns } from './shape-runs.ts'

/** Writes the run rows of a batch, and deletes rows of its traces that are no longer true. */
export async function writeRuns(store: Store, batch: Batch, now: Date): Promise<void> {
  const { id, version, from, to } = batch
  await execute(store, insertRunsSql(batch.largest), { batch: id, version, now })
  await execute(store, DELETE_OLD_RUNS, { batch: id, version, from, to })
}

/** Every current run of the batch was just written with `version`: an older row has another key and is outdated. */
const DELETE_OLD_RUNS = `
  INSERT INTO runs
  SELECT * REPLACE (
    1 AS is_deleted,
    toDateTime64({version:String}, 6, 'UTC') AS settled,
    '' AS input, '' AS output, '' AS metadata
  )
  FROM runs FINAL
  WHERE (project, trace_id) IN (SELECT project, trace_id FROM settling_traces WHERE batch = {batch:UUID})
    AND start BETWEEN toDateTime64({from:String}, 9, 'UTC') AND toDateTime64({to:String}, 9, 'UTC')
    AND settled < toDateTime64({version:String}, 6, 'UTC')`

const NONE = `toFixedString('', 8)`
/** Order of the spans that can speak for a run: its roots, then the others, by start. */
const FIRST = `(3 - rank, row.start, row.span_id)`
/** A run in several parts is as its last part is; of several roots without a flow span, the first counts. */
const LAST = `(rank, if(rank = 2, 1, -1) * toUnixTimestamp64Nano(row.start), row.span_id)`

const inherited = (column: string) => `argMinIf(row.${column}, ${FIRST}, row.${column} != '') AS ${column}`

export function insertRunsSql(largest: number): string {
  return `
  INSERT INTO runs (
    project, run_id, trace_id, trace_ids, root_span_id, parent_run_id, flow, version, environment, service, source,
    status, incomplete, start, duration_ns, session_id, user_id, experiment_id, case_id, trial, input, output,
    metadata, error_type, error_message, models, input_tokens, output_tokens, cost, span_count, error_count,
    step_names, step_occurrences, step_kinds, step_statuses, step_starts_ns, step_durations_ns, step_attempts,
    step_fallbacks, step_parents, step_span_ids, settled
  )
  WITH ${resolveSpans(largest)},
  attempts AS (
    SELECT project, trace_id, parent_span_id, count() AS attempts
    FROM spans FINAL
    WHERE (project, trace_id) IN batch_traces AND kind = 'attempt'
    GROUP BY project, trace_id, parent_span_id
  ),
  spoken AS (
    SELECT
      resolved.*,
      tuple(
        row.start AS start, row.span_id AS span_id, trace_id, row.parent_span_id AS parent_span_id, row.name AS name,
        row.kind AS kind, row.status AS status, row.end AS end, row.duration_ns AS duration_ns,
        row.step_index AS step_index, row.step_attempts AS declared_attempts, attempts.attempts AS attempts,
        row.step_fallback AS fallback, step_parent
      ) AS step
    FROM resolved
    LEFT JOIN attempts ON attempts.project = resolved.project AND attempts.trace_id = resolved.trace_id
      AND attempts.parent_span_id = resolved.row.span_id
  ),
  grouped AS (
    SELECT
      project,
      resolved_run_id AS run_id,
      max(rank) AS root_rank,
      argMin(trace_id, ${FIRST}) AS trace_id,
      groupUniqArray(spoken.trace_id) AS trace_ids,
      if(root_rank > 0, argMin(row.span_id, ${FIRST}), ${NONE}) AS root_span_id,
      argMin(if(row.declared_parent_run_id != '', row.declared_parent_run_id, enclosing_run_id), ${FIRST}) AS parent_run_id,
      argMin(${FLOW_CANDIDATE}.2, (${FLOW_CANDIDATE}.1, row.start, row.span_id)) AS flow,
      ${inherited('version')}, ${inherited('environment')}, ${inherited('service')},
      ${inherited('session_id')}, ${inherited('user_id')}, ${inherited('experiment_id')}, ${inherited('case_id')},
      ${inherited('metadata')}, ${inherited('error_type')}, ${inherited('error_message')},
      argMin(row.trial, ${FIRST}) AS trial,
      argMin(row.root_input, ${FIRST}) AS input,
      argMax(row.root_output, ${LAST}) AS output,
      argMax(row.status, ${LAST}) AS last_status,
      argMax(row.end, ${LAST}) AS last_end,
      argMin(row.start, ${FIRST}) AS start,
      max(greatest(row.start, row.end)) AS newest,
      max(row.received) AS received,
      arraySort(groupUniqArrayIf(row.model, row.model != '')) AS models,
      sumIf(row.input_tokens, NOT superseded) AS input_tokens,
      sumIf(row.output_tokens, NOT superseded) AS output_tokens,
      sumIf(row.cost, NOT superseded) AS cost,
      count() AS span_count,
      countIf(row.status = 'error') AS error_count,
      groupArrayIf(step, row.kind = 'step') AS declared_steps,
      groupArrayIf((step, parent_rank), row.kind != 'attempt' AND (parent_rank > 0 OR orphan)) AS top_spans
    FROM spoken
    GROUP BY project, resolved_run_id
  ),
  ${shapeRuns(largest)}
  SELECT
    project, run_id, trace_id, trace_ids, root_span_id, parent_run_id, flow, version, environment, service,
    if(experiment_id = '', 'production', 'experiment') AS source,
    status, incomplete, start,
    greatest(0, toUnixTimestamp64Nano(if(incomplete, newest, last_end)) - toUnixTimestamp64Nano(start)) AS duration_ns,
    session_id, user_id, experiment_id, case_id, trial, input, output, metadata,
    if(status = 'error', error_type, ''), if(status = 'error', error_message, ''),
    models, input_tokens, output_tokens, cost, span_count, error_count,
    step_names, step_occurrences, step_kinds, step_statuses, step_starts_ns, step_durations_ns, step_attempts,
    step_fallbacks, step_parents, step_span_ids, toDateTime64({version:String}, 6, 'UTC') AS settled
  FROM stepped
  ${RESOLVE_SETTINGS}`
}
