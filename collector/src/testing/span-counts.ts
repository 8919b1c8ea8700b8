import { rows, type Store } from '@weir/store'

export interface SpanCounts {
  /** Rows as they are in the table, before spans that came twice are one. */
  readonly rows: number
  readonly spans: number
  /** What the materialized view has counted. */
  readonly counted: number
}

/** What ClickHouse has of a project that nothing has settled yet. */
export async function countSpans(store: Store, project: string): Promise<SpanCounts> {
  const [found] = await rows<SpanCounts>(
    store,
    `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(trace_id, span_id)) AS spans,
       (SELECT toInt32(sum(pending)) FROM unsettled_traces
        WHERE project = {project: String} AND reason = 'spans') AS counted
     FROM spans WHERE project = {project: String}`,
    { project },
  )
  return found!
}
