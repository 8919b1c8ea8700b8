import type { Status, ValueType } from '../run-model/run.ts'
import { firstRow, type Store } from '../store.ts'
import {
  type Attribute,
  type SpanEvent,
  type SpanLink,
  toEvents,
  toLinks,
  toResourceAttributes,
  toScope,
} from './otlp-json.ts'

export interface SpanDetail {
  readonly spanId: string
  readonly traceId: string
  /** '' for a root. */
  readonly parentSpanId: string
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
  /** The client said the cost, or there is none; it follows from the tokens by a list of prices; nobody knows what they cost. */
  readonly costBasis: 'said' | 'estimated' | 'unknown'
  readonly timeToFirstTokenNs: number
  readonly startUnixNano: bigint
  readonly durationNs: number
  readonly ended: boolean
  readonly input: string
  readonly output: string
  readonly inputType: ValueType
  readonly outputType: ValueType
  /** Characters before the value was cut; 0: it is whole. */
  readonly inputLength: number
  readonly outputLength: number
  /** Of a run: JSON text. */
  readonly metadata: string
  readonly errorType: string
  readonly errorMessage: string
  readonly statusMessage: string
  readonly attributes: readonly Attribute[]
  /** Attributes and events that its client dropped, or that retention removed. */
  readonly droppedAttributes: number
  readonly droppedEvents: number
  readonly resourceAttributes: readonly Attribute[]
  readonly scopeName: string
  readonly scopeVersion: string
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
}

/** Keys and values of a map, and type letters: one more for each attribute that became input, output or metadata. */
type Attributes = [keys: string[], values: string[], types: string]

type SpanRow = Omit<
  SpanDetail,
  | 'startUnixNano'
  | 'ended'
  | 'attributes'
  | 'resourceAttributes'
  | 'scopeName'
  | 'scopeVersion'
  | 'events'
  | 'links'
> & {
  readonly startNs: string
  readonly ended: number
  readonly attributes: Attributes
  readonly resource: string
  readonly scope: string
  readonly events: string
  readonly links: string
}

/** One span with everything that was recorded, or null. Ids are hex. */
export async function getSpan(
  store: Store,
  { traceId, spanId, project = store.project }: { traceId: string; spanId: string; project?: string },
): Promise<SpanDetail | null> {
  const row = await firstRow<SpanRow>(store, SELECT_SPAN, { project, traceId, spanId })
  if (!row) return null
  const { startNs, ended, attributes, resource, scope, events, links, ...rest } = row
  const startUnixNano = BigInt(startNs)
  const { name: scopeName, version: scopeVersion } = toScope(scope)
  return {
    ...rest,
    startUnixNano,
    ended: ended === 1,
    attributes: toAttributes(attributes),
    resourceAttributes: toResourceAttributes(resource),
    scopeName,
    scopeVersion,
    events: toEvents(events, startUnixNano),
    links: toLinks(links),
  }
}

function toAttributes([keys, values, types]: Attributes): Attribute[] {
  const letters = types.replaceAll(/[IOM]/g, '')
  return keys.map((key, i) => ({ key, value: values[i] ?? '', type: letters[i] ?? 's' }))
}

const SELECT_SPAN = `
  SELECT
    lower(hex(span.span_id)) AS spanId, lower(hex(span.trace_id)) AS traceId,
    if(span.parent_span_id = toFixedString('', 8), '', lower(hex(span.parent_span_id))) AS parentSpanId,
    span.name AS name, span.span_name AS spanName, span.kind AS kind,
    span.status AS status, span.service AS service, span.environment AS environment, span.version AS version,
    span.model AS model, span.provider AS provider, span.input_tokens AS inputTokens,
    span.output_tokens AS outputTokens, span.cached_input_tokens AS cachedInputTokens,
    span.reasoning_tokens AS reasoningTokens, span.cost AS cost, 
    transform(span.cost_estimated, [1, 2], ['estimated', 'unknown'], 'said') AS costBasis, span.time_to_first_token_ns AS timeToFirstTokenNs,
    toString(toUnixTimestamp64Nano(span.start)) AS startNs, span.duration_ns AS durationNs,
    span.end != toDateTime64(0, 9, 'UTC') AS ended, span.input AS input, span.output AS output,
    span.input_type AS inputType, span.output_type AS outputType, span.input_length AS inputLength,
    span.output_length AS outputLength, span.metadata AS metadata,
    span.error_type AS errorType, span.error_message AS errorMessage, span.status_message AS statusMessage,
    tuple(mapKeys(span.attributes), mapValues(span.attributes), span.attribute_types) AS attributes,
    span.dropped_attributes AS droppedAttributes, span.dropped_events AS droppedEvents,
    span.resource AS resource, span.scope AS scope, span.events AS events, span.links AS links
  FROM spans AS span FINAL
  PREWHERE project = {project:String} AND trace_id = toFixedString(unhex({traceId:String}), 16)
    AND span_id = toFixedString(unhex({spanId:String}), 8)
  LIMIT 1`
