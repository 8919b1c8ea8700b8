import { execute, type Store } from '../store.ts'
import { BATCH_TRACES, type Batch, NEVER, RECEIVED_SINCE } from './batch.ts'
import { foldedFlow } from './known-flows.ts'
import { within } from './ranges.ts'
import { shapeRuns } from './shape-runs.ts'

/** Writes the run rows of a batch, and deletes rows of its traces that are no longer true. */
export async function writeRuns(store: Store, batch: Batch, now: Date | undefined): Promise<void> {
  const { id, version, ranges, since } = batch
  await execute(store, insertRunsSql(batch.largest), { batch: id, version, now: now ?? null, since })
  // Traces that are new have no runs that could be outdated.
  if (since !== NEVER) return
  const { start, params } = within(ranges)
  await execute(store, deleteOldRunsSql(start), { batch: id, version, ...params })
}

/** Every current run of the batch was just written with `version`: an older row has another key and is outdated. */
const deleteOldRunsSql = (within: string): string => `
  INSERT INTO runs
  SELECT * REPLACE (
    1 AS is_deleted,
    toDateTime64({version:String}, 6, 'UTC') AS settled,
    '' AS input, '' AS output, '' AS metadata
  )
  FROM runs AS old FINAL
  WHERE (project, trace_id) IN ${BATCH_TRACES}
    AND ${within}
    AND old.settled < toDateTime64({version:String}, 6, 'UTC')`

const NONE = `toFixedString('', 8)`
/** Order of the spans that can speak for a run: its roots, then the others, by start. */
const FIRST = `(3 - rank, span.start, span.span_id)`
/** A run in several parts is as its last part is; of several roots without a flow span, the first counts. */
const LAST = `(rank, if(rank = 2, 1, -1) * toUnixTimestamp64Nano(span.start), span.span_id)`

const STEP = `Tuple(start DateTime64(9, 'UTC'), span_id FixedString(8), trace_id FixedString(16),
        parent_span_id FixedString(8), name String, kind String, status String, end DateTime64(9, 'UTC'),
        duration_ns UInt64, step_index Int32, declared_attempts UInt32, attempts UInt64, fallback UInt8,
        step_parent FixedString(8))`

const inherited = (column: string) => `argMinIf(s.${column}, s.first, s.${column} != '') AS ${column}`

export const RUN_COLUMNS: string = `
    project, run_id, trace_id, trace_ids, root_span_id, parent_run_id, flow, version, environment, service, source,
    status, incomplete, start, duration_ns, session_id, user_id, experiment_id, case_id, trial, input, output,
    metadata, error_type, error_message, models, input_tokens, output_tokens, cost, span_count, error_count,
    step_names, step_occurrences, step_kinds, step_statuses, step_starts_ns, step_durations_ns, step_attempts,
    step_fallbacks, step_parents, step_span_ids, settled`

function insertRunsSql(largest: number): string {
  return `
  INSERT INTO runs (${RUN_COLUMNS})
  SETTINGS optimize_on_insert = 0, max_threads = 1
  WITH
  resolved AS (
    SELECT * EXCEPT (batch, parent_span_id, kind, created) FROM settling_spans WHERE batch = {batch:UUID}
  ),
  attempts AS (
    SELECT project, trace_id, parent_span_id, count() AS attempts
    FROM settling_spans
    WHERE batch = {batch:UUID} AND kind = 'attempt'
    GROUP BY project, trace_id, parent_span_id
  ),
  said AS (
    SELECT
      project, trace_id, span_id, parent_span_id, name, kind, status, service, environment, version, session_id,
      user_id, experiment_id, case_id, trial, step_index, step_attempts, step_fallback, model, input_tokens,
      output_tokens, cost, error_type, error_message, start, end, duration_ns, received, declared_parent_run_id,
      resolved.run_id AS resolved_run_id, resolved.flow AS resolved_flow, rank, parent_rank, orphan, step_parent, enclosing_run_id, superseded,
      ${FIRST} AS first,
      ${LAST} AS last,
      if(rank > 0, span.input, '') AS root_input,
      if(rank > 0, span.output, '') AS root_output,
      if(rank > 0, span.attributes['weir.run.metadata'], '') AS metadata
    FROM spans AS span FINAL
    INNER JOIN resolved USING (project, trace_id, span_id)
    WHERE (span.project, span.trace_id) IN (SELECT project, trace_id FROM resolved) AND ${RECEIVED_SINCE}
  ),
  trials AS (
    SELECT project, trace_id, any((experiment_id, case_id, trial)) AS only
    FROM said WHERE experiment_id != ''
    GROUP BY project, trace_id
    HAVING uniqExact((experiment_id, case_id, trial)) = 1
  ),
  -- Runs that other frameworks start inside a trial's trace belong to the trial as well.
  placed AS (
    SELECT
      * EXCEPT (only, experiment_id, case_id, trial),
      if(said.experiment_id != '', (said.experiment_id, said.case_id, said.trial), only) AS tried
    FROM said
    LEFT JOIN trials USING (project, trace_id)
  ),
  counted AS (
    SELECT
      said.*,
      tuple(
        said.start, said.span_id, said.trace_id, said.parent_span_id, said.name, said.kind, said.status, said.end,
        said.duration_ns, said.step_index, said.step_attempts, attempts.attempts, said.step_fallback, said.step_parent
      )::${STEP} AS step
    FROM placed AS said
    LEFT JOIN attempts ON attempts.project = said.project AND attempts.trace_id = said.trace_id
      AND attempts.parent_span_id = said.span_id
  ),
  grouped AS (
    SELECT
      s.project AS project,
      s.resolved_run_id AS run_id,
      max(s.rank) AS root_rank,
      argMin(s.trace_id, s.first) AS trace_id,
      groupUniqArray(s.trace_id) AS trace_ids,
      if(root_rank > 0, argMin(s.span_id, s.first), ${NONE}) AS root_span_id,
      argMin(if(s.declared_parent_run_id != '', s.declared_parent_run_id, s.enclosing_run_id), s.first) AS parent_run_id,
      any(s.resolved_flow) AS flow,
      ${inherited('version')}, ${inherited('environment')}, ${inherited('service')},
      ${inherited('session_id')}, ${inherited('user_id')},
      ${inherited('metadata')}, ${inherited('error_type')}, ${inherited('error_message')},
      argMinIf(s.tried, s.first, s.tried.1 != '') AS tried,
      tried.1 AS experiment_id, tried.2 AS case_id, tried.3 AS trial,
      argMin(s.root_input, s.first) AS input,
      argMax(s.root_output, s.last) AS output,
      argMax(s.status, s.last) AS last_status,
      argMax(s.end, s.last) AS last_end,
      argMin(s.start, s.first) AS start,
      max(greatest(s.start, s.end)) AS newest,
      max(s.received) AS received,
      arraySort(groupUniqArrayIf(s.model, s.model != '')) AS models,
      sumIf(s.input_tokens, NOT s.superseded) AS input_tokens,
      sumIf(s.output_tokens, NOT s.superseded) AS output_tokens,
      sumIf(s.cost, NOT s.superseded) AS cost,
      count() AS span_count,
      countIf(s.status = 'error') AS error_count,
      groupArrayIf(s.step, s.kind = 'step') AS declared_steps,
      groupArrayIf((s.step, s.parent_rank), s.kind != 'attempt' AND (s.parent_rank > 0 OR s.orphan)) AS top_spans
    FROM counted AS s
    GROUP BY s.project, s.resolved_run_id
  ),
  ${shapeRuns(largest)}
  SELECT
    project, run_id, trace_id, trace_ids, root_span_id, parent_run_id, ${foldedFlow('stepped.flow')} AS flow, version, environment, service,
    if(experiment_id = '', 'production', 'experiment') AS source,
    status, incomplete, start,
    greatest(0, toUnixTimestamp64Nano(if(incomplete, newest, last_end)) - toUnixTimestamp64Nano(start)) AS duration_ns,
    session_id, user_id, experiment_id, case_id, trial, input, output, metadata,
    if(status = 'error', error_type, ''), if(status = 'error', error_message, ''),
    models, input_tokens, output_tokens, cost, span_count, error_count,
    step_names, step_occurrences, step_kinds, step_statuses, step_starts_ns, step_durations_ns, step_attempts,
    step_fallbacks, step_parents, step_span_ids, toDateTime64({version:String}, 6, 'UTC') AS settled
  FROM stepped`
}
