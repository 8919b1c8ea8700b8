import { rows, type Store } from '../store.ts'
import { OF_ITS_TRACES, type SelectedSpan, SPAN_NODE, SPAN_ORDER } from './span-tree.ts'

/** Spans, and those of them with status error. */
export interface SpanCounts {
  readonly spans: number
  readonly errors: number
}

/** A run with more spans with error than this shows the first of those that come late. */
const MOST_ERRORS = 2000
/** Levels above a late span that are read; where more are missing, it stands at the top of the tree. */
const MOST_LEVELS = 50
const MOST_SPANS = 10_000

/**
 * Of the spans after `last`, in the order of {@link SPAN_ORDER}: those with error and the one with the id `spanId`, each
 * with the spans around it that come after `last` too.
 */
export function readLateSpans(
  store: Store,
  params: { project: string; runId: string; last: SelectedSpan; spanId: string },
): Promise<SelectedSpan[]> {
  const { last, ...bound } = params
  const isLate = (span: string) =>
    `(${span}.run_id != {runId:String}, ${span}.start, lower(hex(${span}.span_id)), lower(hex(${span}.trace_id)))
      > ({isOther:UInt8}, fromUnixTimestamp64Nano({lastStart:Int64}, 'UTC'), {lastSpan:String}, {lastTrace:String})`
  const isWanted = 'lower(hex(span.span_id)) = {spanId:String}'
  return rows<SelectedSpan>(
    store,
    `WITH RECURSIVE late AS (
      SELECT trace_id, span_id, parent_span_id, 0 AS level FROM (
        SELECT trace_id, span_id, parent_span_id
        FROM spans AS span FINAL
        PREWHERE ${OF_ITS_TRACES}
        WHERE (status = 'error' OR ${isWanted}) AND ${isLate('span')}
        ORDER BY NOT ${isWanted}, ${SPAN_ORDER}
        LIMIT ${MOST_ERRORS}
      )
      UNION ALL
      SELECT around.trace_id, around.span_id, around.parent_span_id, late.level + 1
      FROM spans AS around INNER JOIN late ON around.trace_id = late.trace_id AND around.span_id = late.parent_span_id
      WHERE ${OF_ITS_TRACES} AND ${isLate('around')} AND late.level < ${MOST_LEVELS}
    )
    SELECT ${SPAN_NODE}
    FROM spans AS span FINAL
    PREWHERE project = {project:String} AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM late)
    ORDER BY ${SPAN_ORDER}
    LIMIT ${MOST_SPANS}`,
    {
      ...bound,
      isOther: Number(last.runId !== params.runId),
      lastStart: last.startNs,
      lastSpan: last.spanId,
      lastTrace: last.traceId,
    },
  )
}

/** Counts over the spans in the traces of a run: its own, and all of its tree, where runs that it started are below it. */
export async function countSpans(
  store: Store,
  params: { project: string; runId: string },
): Promise<{ own: SpanCounts; tree: SpanCounts }> {
  const found = await rows<SpanCounts & { runId: string; parentRunId: string }>(
    store,
    `SELECT counted.run_id AS runId, run.parent_run_id AS parentRunId, counted.spans AS spans, counted.errors AS errors
    FROM (
      SELECT run_id, count() AS spans, countIf(status = 'error') AS errors
      FROM spans FINAL
      PREWHERE ${OF_ITS_TRACES}
      GROUP BY run_id
    ) AS counted
    LEFT JOIN (
      SELECT run_id, parent_run_id FROM runs FINAL
      PREWHERE project = {project:String} AND run_id IN (SELECT run_id FROM spans PREWHERE ${OF_ITS_TRACES})
    ) AS run ON run.run_id = counted.run_id`,
    params,
  )
  const below = Map.groupBy(found, ({ parentRunId }) => parentRunId)
  const own = found.find(({ runId }) => runId === params.runId) ?? { spans: 0, errors: 0 }
  const tree = { spans: 0, errors: 0 }
  const seen = new Set<string>()
  const queue = found.filter(({ runId }) => runId === params.runId)
  for (let run = queue.pop(); run; run = queue.pop()) {
    if (seen.has(run.runId)) continue
    seen.add(run.runId)
    tree.spans += run.spans
    tree.errors += run.errors
    queue.push(...(below.get(run.runId) ?? []))
  }
  return { own: { spans: own.spans, errors: own.errors }, tree }
}
