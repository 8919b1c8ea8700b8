import { execute, type Store } from '../store.ts'
import { BATCH_TRACES, type Batch, RECEIVED_SINCE } from './batch.ts'
import { type Gather, gather } from './gather.ts'

const WIRE = `Tuple(name String, start DateTime64(9, 'UTC'), flow String, run_id String, declared_flow String)`

const POINTERS = ['anchor', 'step', 'usage']

/** Behind every flow span, whatever its start, for a minimum of (behind, start, id). */
const NO_SPAN = `(1, toDateTime64(0, 9, 'UTC'), toFixedString('', 8))`

/** Finds out what the traces of a batch say about each of their spans, and keeps it in `settling_spans`. */
export async function resolveSpans(store: Store, { id, largest, since }: Batch): Promise<void> {
  await execute(store, resolveSpansSql(largest), { batch: id, since })
}

/**
 * (priority, name) of what a span has to say about its run's flow. The lowest priority wins, then the earliest: the
 * run's flow span, what any span declares, the name of a root that is no flow span.
 */
const FLOW_CANDIDATE = `multiIf(
        rank = 2, (0, if(wire.declared_flow != '', wire.declared_flow, wire.name)),
        wire.declared_flow != '', (1, wire.declared_flow),
        rank = 1, (2, wire.name),
        (3, ''))`

/**
 * A trace is one row of parallel arrays. Ancestors are found by pointer jumping: every span points to its parent or,
 * where it is itself what is looked for, to itself; following all pointers at once doubles the distance each time,
 * so `largest` spans need log2(largest) rounds, and a cycle of parents ends like any other trace.
 * @param largest spans of the largest trace of the batch
 */
function resolveSpansSql(largest: number): string {
  const gathered = (name: string, source: string, gathers: Record<string, Gather>) =>
    gather(name, source, gathers, largest)
  const rounds = Math.ceil(Math.log2(Math.max(2, largest)))
  return `
  INSERT INTO settling_spans (
    batch, project, trace_id, span_id, parent_span_id, kind, run_id, flow, rank, parent_rank, orphan, step_parent,
    enclosing_run_id, superseded, changed
  )
  SETTINGS max_threads = 1
  WITH
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
      groupArray(tuple(name, start, flow, run_id, declared_flow)::${WIRE}) AS wires
    FROM spans FINAL
    WHERE (project, trace_id) IN ${BATCH_TRACES} AND ${RECEIVED_SINCE}
    GROUP BY project, trace_id
  ),
  linked AS (
    SELECT
      *,
      lower(hex(trace_id)) AS trace_hex,
      arrayMap((p, i) -> toUInt32(if(p <= length(ids) AND p != i, p, 0)),
        arraySlice(arrayEnumerateDense(arrayConcat(ids, parent_ids)), length(ids) + 1),
        arrayEnumerate(ids)) AS parents,
      arrayMap((k, d) -> k = 'flow' OR d != '', kinds, declared) AS is_anchor
    FROM trees
  ),
  jumped_0 AS (
    SELECT
      *,
      arrayMap((s, i, p) -> if(s, i, p), is_anchor, arrayEnumerate(ids), parents) AS anchor_0,
      arrayMap((k, i, p) -> if(k IN ('step', 'flow'), i, p), kinds, arrayEnumerate(ids), parents) AS step_0,
      arrayMap((u, i, p) -> if(u, i, p), has_usage, arrayEnumerate(ids), parents) AS usage_0
    FROM linked
  ),
  ${jumps(rounds, gathered)},
  ${gathered('stopped', `jumped_${rounds}`, { at_anchor: { values: 'is_anchor', indexes: `anchor_${rounds}` } })},
  anchored AS (
    SELECT *, arrayMap((i, found) -> if(found, i, 0), anchor_${rounds}, at_anchor) AS anchors FROM stopped
  ),
  ${gathered('above', 'anchored', {
    parent_anchors: { values: 'anchors', indexes: 'parents' },
    step_parents: { values: `step_${rounds}`, indexes: 'parents' },
    usage_parents: { values: `usage_${rounds}`, indexes: 'parents' },
  })},
  outermost AS (
    SELECT
      *,
      arrayMin((k, a, s, i) -> if(k = 'flow' AND a = 0, (0, s, i), ${NO_SPAN}), kinds, parent_anchors, starts, ids).3 AS first_flow
    FROM above
  ),
  owning AS (
    SELECT *, arrayMap((d, i) -> multiIf(
      d != '', d, i = first_flow, trace_hex, concat(trace_hex, '-', lower(hex(i)))), declared, ids) AS own_runs
    FROM outermost
  ),
  ${gathered('covered', 'owning', { anchor_runs: { values: 'own_runs', indexes: 'anchors' } })},
  assigned AS (
    SELECT
      *,
      arrayFirst((r, i) -> i = first_flow, own_runs, ids) AS first_run,
      arrayMap(r -> multiIf(r != '', r, first_run != '', first_run, trace_hex), anchor_runs) AS runs
    FROM covered
  ),
  ${gathered('related', 'assigned', {
    enclosing_runs: { values: 'anchor_runs', indexes: 'parents' },
    parent_runs: { values: 'runs', indexes: 'parents' },
    step_parent_kinds: { values: 'kinds', indexes: 'step_parents' },
    step_parent_runs: { values: 'runs', indexes: 'step_parents' },
    step_parent_ids: { values: 'ids', indexes: 'step_parents' },
  })},
  used AS (
    SELECT *, arrayDistinct(arrayFilter((a, u) -> u AND a > 0, usage_parents, has_usage)) AS usage_above FROM related
  ),
  ranked AS (
    SELECT
      *,
      arrayMap((k, r, e, p, pid, pr, far) -> toUInt8(multiIf(
        k = 'flow', if(e != r, 2, 0),
        p > 0, pr != r,
        pid = toFixedString('', 8) OR far)),
        kinds, runs, enclosing_runs, parents, parent_ids, parent_runs, remote) AS ranks,
      arrayMap(nth -> nth > 1, arraySlice(
        arrayEnumerateUniq(arrayConcat(usage_above, arrayEnumerate(ids))), length(usage_above) + 1)) AS superseded_by_index
    FROM used
  ),
  ${gathered('placed', 'ranked', { ranks_of_parents: { values: 'ranks', indexes: 'parents' } })},
  resolved AS (
    SELECT
      project, trace_id, span_id, parent_span_id, kind, wire, carries_usage, run,
      rank,
      if(parent_run = run, parent_rank, 0) AS parent_rank,
      parent = 0 AND parent_span_id != toFixedString('', 8) AS orphan,
      if(step_parent_kind = 'step' AND step_parent_run = run, step_parent_id, toFixedString('', 8)) AS step_parent,
      if(enclosing_run != run, enclosing_run, '') AS enclosing_run_id,
      superseded
    FROM placed
    ARRAY JOIN
      ids AS span_id, parent_ids AS parent_span_id, kinds AS kind, wires AS wire,
      has_usage AS carries_usage, runs AS run, ranks AS rank, ranks_of_parents AS parent_rank, parent_runs AS parent_run,
      parents AS parent, step_parent_ids AS step_parent_id, step_parent_kinds AS step_parent_kind,
      step_parent_runs AS step_parent_run, enclosing_runs AS enclosing_run, superseded_by_index AS superseded
  ),
  candidates AS (
    SELECT *, ${FLOW_CANDIDATE} AS candidate FROM resolved
  ),
  flowing AS (
    SELECT *, argMin(candidate, (candidate.1, wire.start, span_id)) OVER (PARTITION BY project, run) AS chosen
    FROM candidates
  )
  SELECT
    {batch:UUID}, project, trace_id, span_id, parent_span_id, kind, run, chosen.2 AS run_flow, rank, parent_rank, orphan,
    step_parent, enclosing_run_id, superseded,
    run != wire.run_id OR run_flow != wire.flow OR (superseded AND carries_usage)
  FROM flowing`
}

function jumps(
  rounds: number,
  gathered: (name: string, source: string, gathers: Record<string, Gather>) => string,
): string {
  return Array.from({ length: rounds }, (_, round) => {
    const followed = (name: string) => ({ values: `${name}_${round}`, indexes: `${name}_${round}` })
    const gathers = Object.fromEntries(POINTERS.map((name) => [`${name}_${round + 1}`, followed(name)]))
    return gathered(`jumped_${round + 1}`, `jumped_${round}`, gathers)
  }).join(',\n  ')
}
