/** `text`: values are looked for in it. `label`: the key of an attribute, which is limited in size only. */
export type Field = MessageShape | 'text' | 'label' | 'attribute' | 'value'

/** The length-delimited fields of a message that hold text, by field number: all of them but ids. */
export interface MessageShape {
  readonly [field: number]: Field
}

// opentelemetry/proto/common/v1/common.proto, trace/v1/trace.proto, resource/v1/resource.proto
const EVENT: MessageShape = { 2: 'text', 3: 'attribute' }
const LINK: MessageShape = { 3: 'text', 4: 'attribute' }
const STATUS: MessageShape = { 2: 'text' }
const SPAN: MessageShape = { 3: 'text', 5: 'text', 9: 'attribute', 11: EVENT, 13: LINK, 15: STATUS }
const SCOPE: MessageShape = { 1: 'text', 2: 'text', 3: 'attribute' }
const SCOPE_SPANS: MessageShape = { 1: SCOPE, 2: SPAN, 3: 'text' }
const RESOURCE: MessageShape = { 1: 'attribute' }
// 1000: instrumentation_library_spans, deprecated
const RESOURCE_SPANS: MessageShape = { 1: RESOURCE, 2: SCOPE_SPANS, 3: 'text', 1000: SCOPE_SPANS }

/** ExportTraceServiceRequest, collector/trace/v1/trace_service.proto */
export const REQUEST: MessageShape = { 1: RESOURCE_SPANS }
/** ArrayValue */
export const ARRAY: MessageShape = { 1: 'value' }
/** KeyValueList */
export const LIST: MessageShape = { 1: 'attribute' }
