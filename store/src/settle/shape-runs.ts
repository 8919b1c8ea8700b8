import { gather } from './gather.ts'
import { EXPIRY_MS, isPast } from './quiet.ts'

/** Some clients know starts to the millisecond only, but durations exactly: then a try seems to begin before the last one ended. */
const LATEST_START = `toUnixTimestamp64Nano(s.start) + if(toUnixTimestamp64Nano(s.start) % 1000000 = 0, 999999, 0)`

/**
 * CTEs from `grouped` (one row per run with its step spans) to `stepped`: status, and the parallel `step_*` arrays.
 *
 * A run's steps are its spans of kind step but for the root; without one, the direct children of its root (without a root, what hangs
 * in the air). An execution is the chain of tries of one label: siblings, one after the other, each but the last
 * with an error, none of which declares its occurrence or attempts.
 */
export function shapeRuns(largest: number): string {
  return `concluded AS (
    SELECT
      *,
      root_rank = 0 OR last_end = toDateTime64(0, 9, 'UTC') AS incomplete,
      incomplete AND ${isPast('received', EXPIRY_MS)} AS expired,
      multiIf(expired, 'expired', incomplete, 'running', last_status IN ('', 'running'), 'ok', last_status) AS status,
      arrayMap(t -> t.1, arrayFilter(t -> multiIf(
        root_rank = 2, t.2 = 2,
        root_rank = 1, t.1.parent_span_id = root_span_id AND t.1.trace_id = trace_id,
        t.2 = 0), top_spans)) AS root_children,
      arrayFilter(s -> s.span_id != root_span_id OR s.trace_id != trace_id, declared_steps) AS inner_steps,
      arraySort(s -> (s.trace_id, s.parent_span_id, s.name, s.start, s.status != 'error', s.span_id),
        if(notEmpty(inner_steps), inner_steps, root_children)) AS step_spans
    FROM grouped
  ),
  executed AS (
    SELECT
      *,
      arrayMap((s, before) -> NOT (
        before.status = 'error' AND toUnixTimestamp64Nano(before.end) <= ${LATEST_START} AND before.trace_id = s.trace_id
        AND before.parent_span_id = s.parent_span_id AND before.name = s.name
        AND before.step_index = -1 AND s.step_index = -1
        AND before.declared_attempts = 0 AND s.declared_attempts = 0),
        step_spans, arrayShiftRight(step_spans, 1)) AS begins,
      arraySort(tries -> (tries[1].start, tries[1].span_id),
        arraySplit((s, b) -> b, step_spans, begins)) AS executions
    FROM concluded
  ),
  listed AS (
    SELECT
      *,
      arrayMap(tries -> tries[1].name, executions) AS step_names,
      arrayMap((tries, nth) -> if(tries[1].step_index >= 0, tries[1].step_index, nth - 1),
        executions, arrayEnumerateUniq(step_names)) AS step_occurrences,
      arrayMap(tries -> tries[1].kind, executions) AS step_kinds,
      arrayMap(tries -> multiIf(
        tries[-1].end = toDateTime64(0, 9, 'UTC'), if(expired, 'expired', 'running'),
        tries[-1].status IN ('', 'running'), 'ok',
        tries[-1].status), executions) AS step_statuses,
      arrayMap(tries -> toUnixTimestamp64Nano(tries[1].start) - toUnixTimestamp64Nano(start),
        executions) AS step_starts_ns,
      arrayMap(tries -> if(length(tries) = 1, tries[1].duration_ns, toUInt64(greatest(0,
        toUnixTimestamp64Nano(arrayMax(s -> s.end, tries)) - toUnixTimestamp64Nano(tries[1].start)))),
        executions) AS step_durations_ns,
      arrayMap(tries -> greatest(1, length(tries), arrayMax(s -> greatest(s.declared_attempts, s.attempts), tries)),
        executions) AS step_attempts,
      arrayMap(tries -> arrayMax(s -> s.fallback, tries), executions) AS step_fallbacks,
      arrayMap(tries -> tries[-1].span_id, executions) AS step_span_ids,
      arrayFlatten(arrayMap(tries -> arrayMap(s -> concat(s.trace_id, s.span_id), tries), executions)) AS try_ids,
      arrayFlatten(arrayMap((tries, i) -> arrayWithConstant(length(tries), i),
        executions, arrayEnumerate(executions))) AS try_executions,
      arrayMap(tries -> concat(tries[1].trace_id, tries[1].step_parent), executions) AS parent_try_ids
    FROM executed
  ),
  placed_steps AS (
    SELECT
      *,
      arrayMap(position -> if(position <= length(try_ids), position, 0), arraySlice(
        arrayEnumerateDense(arrayConcat(try_ids, parent_try_ids)), length(try_ids) + 1)) AS parent_tries
    FROM listed
  ),
  ${gather('nested', 'placed_steps', { parents: { values: 'try_executions', indexes: 'parent_tries' } }, largest)},
  stepped AS (
    SELECT *, arrayMap(execution -> toInt32(execution) - 1, parents) AS step_parents FROM nested
  )`
}
