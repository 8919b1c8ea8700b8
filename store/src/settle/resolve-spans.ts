import { gather } from './gather.ts'

/** The traces of a batch, for `(project, trace_id) IN batch_traces`. */
export const BATCH = `batch_traces AS (
    SELECT project, trace_id FROM settling_traces WHERE batch = {batch:UUID}
  )`

/** Settings that a statement with {@link resolveSpans} needs: `row.name` names an element of a tuple. */
export const RESOLVE_SETTINGS = 'SETTINGS enable_named_columns_in_function_tuple = 1'

/**
 * CTEs that end in `resolved`: every span of the batch with what its trace says about it.
 *
 * - `resolved_run_id`: as declared at or above it, else by the nearest flow span at or above it
 * - `rank`: 2 for a flow span that begins (a part of) its run, 1 for another span that can be a run's root, else 0
 * - `parent_rank`: the rank of its parent, if that is in the same run
 * - `orphan`: its parent was not received
 * - `step_parent`: id of the nearest step above it in the same run, zero bytes if none
 * - `enclosing_run_id`: the run above it, '' if none
 * - `superseded`: a descendant carries usage, so its own is not counted
 *
 * A trace is one row of parallel arrays. Ancestors are found by pointer jumping: every span points to its parent or,
 * where it is itself what is looked for, to itself; following all pointers at once doubles the distance each time,
 * so `largest` spans need log2(largest) rounds, and a cycle of parents ends like any other trace.
 * @param largest spans of the largest trace of the batch
 */
export function resolveSpans(largest: number): string {
  const at = (values: string, indexes: string) => gather(values, indexes, largest)
  const rounds = Math.ceil(Math.log2(Math.max(2, largest)))
  return `${BATCH},
  trees AS (
    SELECT
      project, trace_id,
      groupArray(span_id) AS ids,
      groupArray(parent_span_id) AS parent_ids,
      groupArray(kind) AS kinds,
      groupArray(declared_run_id) AS declared,
      groupArray(input_tokens + output_tokens > 0 OR cost > 0) AS has_usage,
      groupArray(start) AS starts,
      groupArray(bitTest(flags, 9)) AS remote,
      groupArray(tuple(
        name, span_id, parent_span_id, kind, flow, run_id, declared_flow, declared_parent_run_id, status, service,
        environment, version, session_id, user_id, experiment_id, case_id, trial, step_index, step_attempts,
        step_fallback, model, input_tokens, output_tokens, cost, error_type, error_message, start, end, duration_ns,
        received, root_input, root_output, metadata
      )) AS rows
    FROM (
      SELECT
        *,
        kind = 'flow' OR parent_span_id = toFixedString('', 8) OR bitTest(flags, 9) AS may_be_root,
        if(may_be_root, input, '') AS root_input,
        if(may_be_root, output, '') AS root_output,
        if(may_be_root, attributes['weir.run.metadata'], '') AS metadata
      FROM spans FINAL
      WHERE (project, trace_id) IN batch_traces
    )
    GROUP BY project, trace_id
  ),
  linked AS (
    SELECT
      *,
      lower(hex(trace_id)) AS trace_hex,
      arrayMap((p, i) -> toUInt32(if(p <= length(ids) AND p != i, p, 0)),
        arraySlice(arrayEnumerateDense(arrayConcat(ids, parent_ids)), length(ids) + 1),
        arrayEnumerate(ids)) AS parents,
      arrayMap((k, d) -> k = 'flow' OR d != '', kinds, declared) AS is_anchor,
      arrayMap((s, i, p) -> if(s, i, p), is_anchor, arrayEnumerate(ids), parents) AS anchor_0,
      arrayMap((k, i, p) -> if(k IN ('step', 'flow'), i, p), kinds, arrayEnumerate(ids), parents) AS step_0,
      arrayMap((u, i, p) -> if(u, i, p), has_usage, arrayEnumerate(ids), parents) AS usage_0
    FROM trees
  ),
  ${jumps(rounds, at)},
  anchored AS (
    SELECT
      *,
      arrayMap((i, s) -> if(s, i, 0), anchor_${rounds}, ${at('is_anchor', `anchor_${rounds}`)}) AS anchors,
      ${at('anchors', 'parents')} AS parent_anchors,
      arrayMap((k, a) -> k = 'flow' AND a = 0, kinds, parent_anchors) AS is_outermost,
      arrayMin((o, s, i) -> if(o, (s, i), (toDateTime64('2262-01-01', 9, 'UTC'), '')), is_outermost, starts, ids).2 AS first_id,
      arrayMap((d, i) -> multiIf(d != '', d, i = first_id, trace_hex, concat(trace_hex, '-', lower(hex(i)))), declared, ids) AS own_runs,
      indexOf(ids, first_id) AS first_index,
      if(first_index > 0, own_runs[first_index], trace_hex) AS outside_run,
      ${at('own_runs', 'anchors')} AS anchor_runs,
      arrayMap(r -> if(r = '', outside_run, r), anchor_runs) AS runs,
      ${at('runs', 'parents')} AS parent_runs,
      ${at('anchor_runs', 'parents')} AS enclosing_runs
    FROM jumped_${rounds}
  ),
  ranked AS (
    SELECT
      *,
      arrayMap((k, r, e, p, pid, pr, far) -> toUInt8(multiIf(
        k = 'flow', if(e != r, 2, 0),
        p > 0, pr != r,
        pid = toFixedString('', 8) OR far)),
        kinds, runs, enclosing_runs, parents, parent_ids, parent_runs, remote) AS ranks,
      ${at('ranks', 'parents')} AS ranks_of_parents,
      ${at(`step_${rounds}`, 'parents')} AS step_parents,
      ${at('kinds', 'step_parents')} AS step_parent_kinds,
      ${at('runs', 'step_parents')} AS step_parent_runs,
      ${at('ids', 'step_parents')} AS step_parent_ids,
      ${at(`usage_${rounds}`, 'parents')} AS usage_parents,
      arrayDistinct(arrayFilter((a, u) -> u AND a > 0, usage_parents, has_usage)) AS usage_above,
      arrayMap(nth -> nth > 1, arraySlice(
        arrayEnumerateUniq(arrayConcat(usage_above, arrayEnumerate(ids))), length(usage_above) + 1)) AS superseded_by_index
    FROM anchored
  ),
  resolved AS (
    SELECT
      project, trace_id, row,
      run AS resolved_run_id,
      rank,
      if(parent_run = run, parent_rank, 0) AS parent_rank,
      parent = 0 AND row.parent_span_id != toFixedString('', 8) AS orphan,
      if(step_parent_kind = 'step' AND step_parent_run = run, step_parent_id, toFixedString('', 8)) AS step_parent,
      if(enclosing_run != run, enclosing_run, '') AS enclosing_run_id,
      superseded
    FROM ranked
    ARRAY JOIN
      rows AS row, runs AS run, ranks AS rank, ranks_of_parents AS parent_rank, parent_runs AS parent_run,
      parents AS parent, step_parent_ids AS step_parent_id, step_parent_kinds AS step_parent_kind,
      step_parent_runs AS step_parent_run, enclosing_runs AS enclosing_run, superseded_by_index AS superseded
  )`
}

function jumps(rounds: number, at: (values: string, indexes: string) => string): string {
  return Array.from({ length: rounds }, (_, round) => {
    const source = round === 0 ? 'linked' : `jumped_${round}`
    const jump = (name: string) => `${at(`${name}_${round}`, `${name}_${round}`)} AS ${name}_${round + 1}`
    return `jumped_${round + 1} AS (
    SELECT *, ${jump('anchor')}, ${jump('step')}, ${jump('usage')} FROM ${source}
  )`
  }).join(',\n  ')
}
