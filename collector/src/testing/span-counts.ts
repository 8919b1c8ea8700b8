import { rows, type Store } from '@weir/store'

export interface SpanCounts {
  /** Rows as they are in the table, before spans that came twice are one. */
  readonly rows: number
  readonly spans: number
  /** What the materialized view has counted, and in how many of the traces. */
  readonly counted: number
  readonly traces: { readonly stored: number; readonly counted: number }
}

/** What ClickHouse has of a project that nothing has settled yet. */
export async function countSpans(store: Store, project: string): Promise<SpanCounts> {
  const [found] = await rows<Omit<SpanCounts, 'traces'> & { stored: number; countedTraces: number }>(
    store,
    `WITH unsettled AS (
       SELECT toInt32(sum(pending)) AS counted, toUInt32(uniqExact(trace_id)) AS countedTraces
       FROM unsettled_traces WHERE project = {project: String} AND reason = 'spans')
     SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(trace_id, span_id)) AS spans,
       toUInt32(uniqExact(trace_id)) AS stored, any(counted) AS counted, any(countedTraces) AS countedTraces
     FROM spans CROSS JOIN unsettled WHERE project = {project: String}`,
    { project },
  )
  const { stored, countedTraces, ...counts } = found!
  return { ...counts, traces: { stored, counted: countedTraces } }
}
