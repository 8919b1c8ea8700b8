import { execute, type QueryParams, type Store } from '../store.ts'
import { RECEIVED_SINCE, type Taken } from './batch.ts'
import { foldedFlow, isDecided } from './known-flows.ts'
import { RUN_COLUMNS } from './write-runs.ts'

/** Larger traces are left to the general way: what is decided here compares all ids of a trace with each other. */
const MOST_SPANS = 500

/** What the spans of a batch ask for. */
export interface Wanted {
  /** Flow or root spans that carry `weir.run.metadata`: reading attributes costs as much as all other columns. */
  readonly metadata: boolean
  /** Spans that began before may belong to traces that were settled before. */
  readonly forgottenUntilMs: number
}

/**
 * Writes the runs of those fresh traces that are one run each and simple: one entry, nothing missing above any span, an
 * end, one declared run id or none, at most one flow span of a known name, and no usage above other usage but that of its children. One
 * statement, without pointers to follow; what it leaves out is settled the general way, with the same outcome.
 */
export async function insertSimpleRuns(store: Store, taken: Taken, wanted: Wanted): Promise<void> {
  const { forgottenUntilMs } = wanted
  await execute(store, insertSql(wanted.metadata), { ...paramsOf(taken), oldest: forgottenUntilMs })
}

/** What {@link OF_BATCH} binds, and the version. */
export function paramsOf({ id, since, first, last, version }: Taken): QueryParams {
  return { batch: id, since, first, last, version }
}

const NONE = `toFixedString('', 8)`

/** Ids as numbers, in the order of their bytes. */
const number = (id: string) => `byteSwap(reinterpretAsUInt64(${id}))`
const bytes = (id: string) => `reinterpretAsFixedString(byteSwap(${id}))`

const taken = (key: string) => `
      SELECT ${key} FROM settling_traces
      WHERE batch = {batch:UUID} AND since > toDateTime64(0, 3, 'UTC') AND spans_seen <= ${MOST_SPANS}`

/** By the id alone, which is faster by half: what other projects have under the same id is left out once it is grouped. */
export const OF_BATCH: string = `trace_id IN (${taken('trace_id')})
      AND trace_id BETWEEN toFixedString(unhex({first:String}), 16) AND toFixedString(unhex({last:String}), 16)
      AND ${RECEIVED_SINCE}`

/** A setting for {@link OF_BATCH}: looking for every id in the primary index of every part costs more than reading what came. */
export const BY_RECEIPT = 'use_index_for_in_with_subqueries = 0'

/** A trace's entry is the span that is its root here: without a parent, or with one in another process. */
const IS_ENTRY = `(parent_span_id = ${NONE} OR bitTest(flags, 9))`
const IS_HEAD = `(kind = 'flow' OR ${IS_ENTRY})`

/** Usage is counted where no descendant carries any: simple, where the next one down does or none does. */
export const PAYS: string = `(input_tokens + output_tokens > 0 OR cost > 0)`

const STEP = `(begin, id, parent, name, kind, status, finish, duration_ns, step_index, step_attempts, step_fallback)`

/** What a run has of its root alone, and what it has of its root first. */
const ROOT = `
  id entry kind name flow parent_run status begin finish service environment version session_id user_id experiment_id
  case_id trial input output error_type error_message metadata`
  .trim()
  .split(/\s+/)

/** A child of a head may be a step of a run that has none of that kind; which head is the root is not known here. */
const members = (metadata: string) => `
    SELECT
      project, trace_id, name, kind, flow, declared_run_id, status, service, environment, version, session_id, user_id,
      experiment_id, step_index, step_attempts, step_fallback, model, input_tokens, output_tokens, cost, error_type,
      error_message, duration_ns, case_id, trial, declared_parent_run_id AS parent_run, ${PAYS} AS pays,
      ${IS_HEAD} AS head, if(head, spans.input, '') AS input, if(head, spans.output, '') AS output,
      ${metadata} AS metadata,
      ${number('span_id')} AS id,
      ${number('parent_span_id')} AS parent,
      ${IS_ENTRY} AS entry,
      kind = 'step' AS is_step,
      toUnixTimestamp64Nano(start) AS begin,
      toUnixTimestamp64Nano(end) AS finish,
      kind NOT IN ('step', 'attempt') AND parent IN (
        SELECT ${number('span_id')} FROM spans WHERE ${OF_BATCH} AND ${IS_HEAD}) AS below_head
    FROM spans
    WHERE ${OF_BATCH}`

const traces = (metadata: string) => `
    SELECT
      project, trace_id,
      count() AS span_count,
      groupArray(id) AS ids,
      groupArrayIf(parent, NOT entry) AS parents,
      groupArrayIf(parent, entry AND parent != 0) AS remote_parents,
      countIf(kind = 'flow') AS flow_spans,
      countIf(id = parent) AS self_parents,
      groupUniqArray(2)(declared_run_id) AS declared,
      groupUniqArray(3)(flow) AS flows,
      countIf(service != '') AS services,
      countIf(environment != '') AS environments,
      countIf(version != '') AS versions,
      countIf(session_id != '') AS sessions,
      countIf(user_id != '') AS users,
      countIf(experiment_id != '') AS trials,
      countIf(error_type != '') AS error_types,
      countIf(error_message != '') AS error_messages,
      argMinIf(error_type, (begin, id), error_type != '') AS first_error_type,
      argMinIf(error_message, (begin, id), error_message != '') AS first_error_message,
      groupArrayIf((id, span.input_tokens, span.output_tokens, span.cost), pays) AS usages,
      groupArrayIf(parent, pays) AS above_usage,
      countIf(status = 'error') AS error_count,
      arraySort(groupUniqArrayIf(model, model != '')) AS models,
      groupArrayIf(parent, kind = 'attempt') AS tries,
      min(begin) AS earliest,
      countIf(is_step AND entry) AS step_entries,
      arraySort(groupArrayIf(${STEP}, is_step AND NOT entry)) AS inner_steps,
      arraySort(groupArrayIf(${STEP}, below_head)) AS below_heads,
      groupArrayIf((${ROOT.join(', ')}), head) AS heads
    FROM (${members(metadata)}) AS span
    GROUP BY project, trace_id
    HAVING (project, trace_id) IN (${taken('project, trace_id')})
      AND span_count = length(parents) + 1 AND arrayUniq(ids) = span_count
      AND self_parents = 0 AND hasAll(ids, parents) AND NOT hasAny(ids, remote_parents)
      AND flow_spans <= 1 AND length(declared) = 1 AND hasAll(above_usage, arrayIntersect(usages.1, parents))
      AND earliest >= {oldest:UInt64} * 1000000`

/** Their root is the flow span where there is one, else the entry. */
const rooted = (metadata: string) => `
    SELECT
      * EXCEPT heads,
      arrayFirst(head -> head.${ROOT.indexOf('kind') + 1} = 'flow' OR flow_spans = 0, heads) AS root,
      ${ROOT.map((column, i) => `root.${i + 1} AS root_${column}`).join(', ')}
    FROM (${traces(metadata)})`

const simple = (metadata: string) => `
    SELECT
      *,
      if(declared[1] = '', lower(hex(trace_id)), declared[1]) AS run,
      multiIf(
        root_kind = 'flow', if(root_flow != '', root_flow, root_name),
        arrayMax(flows) != '', arrayMax(flows), root_name) AS run_flow,
      if(notEmpty(inner_steps), inner_steps, arrayFilter(s -> s.3 = root_id, below_heads)) AS steps,
      steps.4 AS names,
      if(hasAny(usages.1, above_usage), arrayFilter(u -> NOT has(above_usage, u.1), usages), usages) AS counted,
      arraySlice(arrayEnumerateDense(arrayConcat(steps.2, steps.3)), length(steps) + 1) AS enclosing
    FROM (${rooted(metadata)}) AS trace
    WHERE (root_entry OR (declared = [''] AND step_entries = 0))
      AND hasAll(['', run_flow], flows)
      AND ${isDecided('run_flow')}
      AND root_finish != 0
      AND (root_service != '' OR services = 0)
      AND (root_environment != '' OR environments = 0)
      AND (root_version != '' OR versions = 0)
      AND (root_session_id != '' OR sessions = 0)
      AND (root_user_id != '' OR users = 0)
      AND (root_experiment_id != '' OR trials = 0)
      AND (root_entry OR root_status != 'error'
        OR ((root_error_type != '' OR error_types = 0) AND (root_error_message != '' OR error_messages = 0)))
      AND (arrayUniq(names) = length(names) OR NOT has(steps.6, 'error'))`

const RUNS = (metadata: string) => `
  SELECT
    project, run AS run_id, trace_id, [trace_id] AS trace_ids, ${bytes('root_id')} AS root_span_id,
    root_parent_run AS parent_run_id, ${foldedFlow('run_flow')} AS flow, root_version AS version, root_environment AS environment,
    root_service AS service, if(root_experiment_id = '', 'production', 'experiment') AS source,
    if(root_status IN ('', 'running'), 'ok', root_status) AS status, 0 AS incomplete,
    fromUnixTimestamp64Nano(root_begin, 'UTC') AS start, greatest(0, root_finish - root_begin) AS duration_ns,
    root_session_id, root_user_id, root_experiment_id, root_case_id, root_trial, root_input, root_output,
    root_metadata,
    if(status = 'error', if(root_error_type != '', root_error_type, first_error_type), ''),
    if(status = 'error', if(root_error_message != '', root_error_message, first_error_message), ''),
    models, arraySum(counted.2), arraySum(counted.3), arraySum(counted.4), span_count, error_count,
    names,
    arrayMap((declared_index, nth) -> if(declared_index >= 0, declared_index, nth - 1),
      steps.9, arrayEnumerateUniq(names)) AS step_occurrences,
    steps.5 AS step_kinds,
    arrayMap((s, ended) -> multiIf(ended = 0, 'running', s IN ('', 'running'), 'ok', s),
      steps.6, steps.7) AS step_statuses,
    arrayMap(at -> at - root_begin, steps.1) AS step_starts_ns,
    steps.8 AS step_durations_ns,
    if(empty(tries),
      arrayMap(n -> greatest(1, n), steps.10),
      arrayMap((n, i) -> greatest(1, n, countEqual(tries, i)), steps.10, steps.2)) AS step_attempts,
    steps.11 AS step_fallbacks,
    arrayMap(position -> if(position <= length(steps), toInt32(position) - 1, -1), enclosing) AS step_parents,
    arrayMap(i -> ${bytes('i')}, steps.2) AS step_span_ids,
    toDateTime64({version:String}, 6, 'UTC')
  FROM (${simple(metadata)})
  WHERE NOT arrayExists((position, above) -> position > length(steps) AND above != root_id, enclosing, steps.3)`

/** One thread, and nothing compiled: for the rows of some seconds both cost more than they save. */
function insertSql(metadata: boolean): string {
  return `
  INSERT INTO runs (${RUN_COLUMNS})
  SETTINGS optimize_on_insert = 0, max_threads = 1, compile_expressions = 0, compile_aggregate_expressions = 0, ${BY_RECEIPT}
  ${RUNS(metadata ? `if(head, attributes['weir.run.metadata'], '')` : `''`)}${metadata ? ` AND (root_entry OR root_metadata != '')` : ''}`
}
