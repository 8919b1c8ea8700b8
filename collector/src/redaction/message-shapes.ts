/** `text`: what people write, and `label`: what programs do, both limited in size; values are looked for in text only. */
export type Field = MessageShape | 'text' | 'label' | 'attribute' | 'value'

/** The length-delimited fields of a message that hold text, by field number. */
export interface MessageShape {
  readonly [field: number]: Field
}

// opentelemetry/proto/common/v1/common.proto, trace/v1/trace.proto, resource/v1/resource.proto
const EVENT: MessageShape = { 2: 'text', 3: 'attribute' }
const LINK: MessageShape = { 3: 'label', 4: 'attribute' }
const STATUS: MessageShape = { 2: 'text' }
const SPAN: MessageShape = { 3: 'label', 5: 'text', 9: 'attribute', 11: EVENT, 13: LINK, 15: STATUS }
const SCOPE: MessageShape = { 1: 'label', 2: 'label', 3: 'attribute' }
const SCOPE_SPANS: MessageShape = { 1: SCOPE, 2: SPAN, 3: 'label' }
const RESOURCE: MessageShape = { 1: 'attribute' }
const RESOURCE_SPANS: MessageShape = { 1: RESOURCE, 2: SCOPE_SPANS, 3: 'label' }

/** ExportTraceServiceRequest, collector/trace/v1/trace_service.proto */
export const REQUEST: MessageShape = { 1: RESOURCE_SPANS }
/** ArrayValue */
export const ARRAY: MessageShape = { 1: 'value' }
/** KeyValueList */
export const LIST: MessageShape = { 1: 'attribute' }
