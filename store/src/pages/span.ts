import type { Status } from '../run-record.ts'
import { firstRow, type Store } from '../store.ts'

/** An attribute with the type letter of `attribute_types`: s i d b y a k e (see migration 001). */
export interface Attribute {
  readonly key: string
  readonly value: string
  readonly type: string
}

export interface SpanDetail {
  readonly spanId: string
  readonly traceId: string
  /** '' for a root. */
  readonly parentSpanId: string
  readonly runId: string
  readonly flow: string
  readonly name: string
  readonly spanName: string
  readonly kind: string
  readonly status: Status
  readonly service: string
  readonly environment: string
  readonly version: string
  readonly model: string
  readonly provider: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly reasoningTokens: number
  readonly cost: number
  readonly timeToFirstTokenNs: number
  readonly startUnixNano: bigint
  readonly durationNs: number
  readonly ended: boolean
  readonly input: string
  readonly output: string
  readonly errorType: string
  readonly errorMessage: string
  readonly statusMessage: string
  readonly attributes: readonly Attribute[]
  readonly resourceAttributes: readonly Attribute[]
  readonly scopeName: string
  readonly scopeVersion: string
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
}

export interface SpanEvent {
  readonly name: string
  /** Nanoseconds from the span's start. */
  readonly offsetNs: number
  readonly attributes: readonly Attribute[]
}

export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: readonly Attribute[]
}

/** Keys, values and type letters of a map. */
type Attributes = [keys: string[], values: string[], types: string]

type SpanRow = Omit<
  SpanDetail,
  'startUnixNano' | 'ended' | 'attributes' | 'resourceAttributes' | 'events' | 'links'
> & {
  readonly startNs: string
  readonly ended: number
  readonly attributes: Attributes
  readonly resourceAttributes: Attributes
  readonly events: [name: string, offsetNs: number, ...Attributes][]
  readonly links: [traceId: string, spanId: string, ...Attributes][]
}

/** One span with everything that was recorded, or null. Ids are hex. */
export async function getSpan(
  store: Store,
  { traceId, spanId, project = store.project }: { traceId: string; spanId: string; project?: string },
): Promise<SpanDetail | null> {
  const row = await firstRow<SpanRow>(store, SELECT_SPAN, { project, traceId, spanId })
  if (!row) return null
  const { startNs, ended, attributes, resourceAttributes, events, links, ...rest } = row
  return {
    ...rest,
    startUnixNano: BigInt(startNs),
    ended: ended === 1,
    attributes: toAttributes(attributes),
    resourceAttributes: toAttributes(resourceAttributes),
    events: events.map(([name, offsetNs, ...map]) => ({ name, offsetNs, attributes: toAttributes(map) })),
    links: links.map(([linkTraceId, linkSpanId, ...map]) => ({
      traceId: linkTraceId,
      spanId: linkSpanId,
      attributes: toAttributes(map),
    })),
  }
}

function toAttributes([keys, values, types]: Attributes): Attribute[] {
  return keys.map((key, i) => ({ key, value: values[i] ?? '', type: types[i] ?? 's' }))
}

const SELECT_SPAN = `
  SELECT
    lower(hex(span.span_id)) AS spanId, lower(hex(span.trace_id)) AS traceId,
    if(span.parent_span_id = toFixedString('', 8), '', lower(hex(span.parent_span_id))) AS parentSpanId,
    span.run_id AS runId, span.flow AS flow, span.name AS name, span.span_name AS spanName, span.kind AS kind,
    span.status AS status, span.service AS service, span.environment AS environment, span.version AS version,
    span.model AS model, span.provider AS provider, span.input_tokens AS inputTokens,
    span.output_tokens AS outputTokens, span.cached_input_tokens AS cachedInputTokens,
    span.reasoning_tokens AS reasoningTokens, span.cost AS cost, span.time_to_first_token_ns AS timeToFirstTokenNs,
    toString(toUnixTimestamp64Nano(span.start)) AS startNs, span.duration_ns AS durationNs,
    span.end != toDateTime64(0, 9, 'UTC') AS ended, span.input AS input, span.output AS output,
    span.error_type AS errorType, span.error_message AS errorMessage, span.status_message AS statusMessage,
    span.scope_name AS scopeName, span.scope_version AS scopeVersion,
    tuple(mapKeys(span.attributes), mapValues(span.attributes), span.attribute_types) AS attributes,
    tuple(mapKeys(span.resource_attributes), mapValues(span.resource_attributes),
      span.resource_attribute_types) AS resourceAttributes,
    arrayMap((name, time, map, types) -> tuple(
      name, toUnixTimestamp64Nano(time) - toUnixTimestamp64Nano(span.start), mapKeys(map), mapValues(map), types),
      span.event_names, span.event_times, span.event_attributes, span.event_attribute_types) AS events,
    arrayMap((trace, id, map, types) -> tuple(lower(hex(trace)), lower(hex(id)), mapKeys(map), mapValues(map), types),
      span.link_trace_ids, span.link_span_ids, span.link_attributes, span.link_attribute_types) AS links
  FROM spans AS span FINAL
  PREWHERE project = {project:String} AND trace_id = toFixedString(unhex({traceId:String}), 16)
    AND span_id = toFixedString(unhex({spanId:String}), 8)
  LIMIT 1`
