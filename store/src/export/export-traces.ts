import type { Store } from '../store.ts'
import { type SpanRow, spanJson } from './span-json.ts'

export interface ExportParams {
  /** 32 hex digits each. */
  readonly traceIds: readonly string[]
  readonly project?: string
}

/** Text is handed on in pieces of about this length. */
const PIECE = 64 * 1024
/** Bytes of spans that the engine sorts in memory; more of them go through files. */
const SORT_BYTES = 128 * 1024 * 1024

/**
 * All spans of some traces as one OTLP/JSON object, `{"resourceSpans":[...]}`, grouped by resource and scope, one span
 * per line, in pieces; nothing where there is no span. Neither this process nor the engine holds a trace whole.
 * @returns the number of spans
 */
export async function* exportTraces(
  store: Store,
  { traceIds, project = store.project }: ExportParams,
): AsyncGenerator<string, number> {
  const document = new Document()
  for (const traceId of traceIds) {
    for await (const row of readRows(store, project, traceId)) {
      document.add(row)
      if (document.pending.length >= PIECE) yield document.take()
    }
  }
  document.close()
  if (document.spans > 0) yield document.take()
  return document.spans
}

/** The text of an ExportTraceServiceRequest whose spans come sorted by resource and scope. */
class Document {
  spans = 0
  pending = ''
  #resource: string | undefined
  #scope: string | undefined

  add({ resource, scope, ...span }: Row): void {
    const sameResource = resource === this.#resource
    if (sameResource && scope === this.#scope) this.pending += ',\n'
    else {
      this.#closeGroup(sameResource)
      if (!sameResource) this.pending += `${opened(resource)}"scopeSpans":[`
      this.pending += `${opened(scope)}"spans":[\n`
      this.#resource = resource
      this.#scope = scope
    }
    this.pending += spanJson(span)
    this.spans += 1
  }

  #closeGroup(sameResource: boolean): void {
    if (this.#resource === undefined) this.pending += '{"resourceSpans":['
    else this.pending += sameResource ? '\n]},' : '\n]}]},'
  }

  close(): void {
    if (this.spans > 0) this.pending += '\n]}]}]}\n'
  }

  take(): string {
    const text = this.pending
    this.pending = ''
    return text
  }
}

/** A JSON object's text, ready for one more member. */
function opened(object: string): string {
  const members = object.slice(1, -1)
  return members === '' ? '{' : `{${members},`
}

interface Row extends SpanRow {
  /** OTLP/JSON of a ResourceSpans without scopeSpans. */
  readonly resource: string
  /** OTLP/JSON of a ScopeSpans without spans. */
  readonly scope: string
}

async function* readRows(store: Store, project: string, traceId: string): AsyncGenerator<Row> {
  const result = await store.client.query({
    query: SELECT_SPANS,
    query_params: { project, traceId },
    format: 'JSONEachRow',
    clickhouse_settings: { max_bytes_before_external_sort: String(SORT_BYTES) },
  })
  for await (const rows of result.stream<Row>()) {
    for (const row of rows) yield row.json<Row>()
  }
}

const SELECT_SPANS = `
  SELECT
    lower(hex(span.trace_id)) AS traceId, lower(hex(span.span_id)) AS spanId, span.trace_state AS traceState,
    if(span.parent_span_id = toFixedString('', 8), '', lower(hex(span.parent_span_id))) AS parentSpanId,
    span.flags AS flags, span.span_name AS name, span.otel_kind AS kind,
    toString(toUnixTimestamp64Nano(span.start)) AS startTimeUnixNano,
    toString(toUnixTimestamp64Nano(span.end)) AS endTimeUnixNano,
    mapKeys(span.attributes) AS keys, mapValues(span.attributes) AS values, span.attribute_types AS types,
    span.input_key AS inputKey, if(span.input_key = '', '', span.input) AS input,
    span.output_key AS outputKey, if(span.output_key = '', '', span.output) AS output,
    if(span.attribute_types LIKE '%M%', span.metadata, '') AS metadata,
    span.dropped_attributes AS droppedAttributesCount, span.events AS events,
    span.dropped_events AS droppedEventsCount, span.links AS links, span.dropped_links AS droppedLinksCount,
    span.status_code AS statusCode, span.status_message AS statusMessage,
    span.resource AS resource, span.scope AS scope
  FROM spans AS span FINAL
  PREWHERE project = {project:String} AND trace_id = toFixedString(unhex({traceId:String}), 16)
  ORDER BY span.resource, span.scope, span.start, span.span_id`
