import { AttributeList } from './attributes.ts'
import { beginRequest, countMessages, DecodeError } from './limits.ts'
import { SpanView } from './span.ts'
import { BYTES, VARINT, WireReader } from './wire-reader.ts'

const SCOPE_SPANS = 2
/** ResourceSpans.instrumentation_library_spans, deprecated: the same messages as `scope_spans`, under an older name. */
export const LIBRARY_SPANS = 1000

/** What describes all spans of one ResourceSpans or ScopeSpans: positions in the request's bytes. */
export class OwnerView {
  readonly attributes: AttributeList = new AttributeList()
  nameStart = 0
  nameEnd = 0
  versionStart = 0
  versionEnd = 0
  schemaUrlStart = 0
  schemaUrlEnd = 0
  droppedAttributes = 0

  clear(): void {
    this.attributes.clear()
    this.nameStart = this.nameEnd = this.versionStart = this.versionEnd = 0
    this.schemaUrlStart = this.schemaUrlEnd = this.droppedAttributes = 0
  }
}

/** Receives the spans of a request, each after the resource and the scope that own it. */
export interface RequestVisitor {
  resource(bytes: Buffer, resource: OwnerView): void
  scope(bytes: Buffer, scope: OwnerView): void
  span(bytes: Buffer, span: SpanView): void
}

/**
 * Walks an ExportTraceServiceRequest (trace_service.proto) without building it.
 * @throws DecodeError where the bytes are not protobuf
 * @throws OversizeError where they are too many messages
 */
export function walkRequest(bytes: Buffer, visitor: RequestVisitor): void {
  beginRequest()
  const reader = new WireReader(bytes)
  const views = { resource: new OwnerView(), scope: new OwnerView(), span: new SpanView(), spans: 0 }
  let isKnown = true
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === BYTES) walkResourceSpans(reader, visitor, views)
    else {
      isKnown = false
      reader.skip()
    }
  }
  // Another message would be answered with success, and nothing of it stored.
  if (!isKnown && views.spans === 0)
    throw new DecodeError(
      'the body has no span, but fields that are unknown: expected an ExportTraceServiceRequest of OTLP',
    )
}

interface Views {
  readonly resource: OwnerView
  readonly scope: OwnerView
  readonly span: SpanView
  /** How many there were. */
  spans: number
}

/** An owner may be encoded after what it owns, so it is looked for in a pass of its own; skipping costs little. */
function walkResourceSpans(reader: WireReader, visitor: RequestVisitor, views: Views): void {
  const end = reader.delimited()
  const outer = reader.end
  readOwner(reader, end, views.resource, readResource)
  countMessages(1 + views.resource.attributes.count)
  visitor.resource(reader.bytes, views.resource)
  reader.end = end
  const start = reader.pos
  // A sender that sets both has the same spans in both (opentelemetry-proto 0.15, trace.proto).
  if (!walkScopes(reader, SCOPE_SPANS, visitor, views)) {
    reader.pos = start
    walkScopes(reader, LIBRARY_SPANS, visitor, views)
  }
  reader.end = outer
}

/** @returns whether there are messages of this field */
function walkScopes(reader: WireReader, field: number, visitor: RequestVisitor, views: Views): boolean {
  let isSet = false
  while (reader.next()) {
    if (reader.field === field && reader.wire === BYTES) {
      isSet = true
      walkScopeSpans(reader, visitor, views)
    } else reader.skip()
  }
  return isSet
}

function walkScopeSpans(reader: WireReader, visitor: RequestVisitor, views: Views): void {
  const end = reader.delimited()
  const outer = reader.end
  readOwner(reader, end, views.scope, readScope)
  countMessages(1 + views.scope.attributes.count)
  visitor.scope(reader.bytes, views.scope)
  reader.end = end
  while (reader.next()) {
    if (reader.field !== 2 || reader.wire !== BYTES) {
      reader.skip()
      continue
    }
    const spanEnd = reader.delimited()
    views.span.read(reader, spanEnd)
    countMessages(views.span.messages)
    views.spans += 1
    visitor.span(reader.bytes, views.span)
    reader.pos = spanEnd
  }
  reader.end = outer
}

function readOwner(
  reader: WireReader,
  end: number,
  view: OwnerView,
  readMessage: (reader: WireReader, view: OwnerView) => void,
): void {
  const start = reader.pos
  const outer = reader.end
  view.clear()
  reader.end = end
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === BYTES) {
      const messageEnd = reader.delimited()
      reader.end = messageEnd
      readMessage(reader, view)
      reader.end = end
    } else if (reader.field === 3 && reader.wire === BYTES) {
      view.schemaUrlEnd = reader.delimited()
      view.schemaUrlStart = reader.pos
      reader.pos = view.schemaUrlEnd
    } else reader.skip()
  }
  reader.pos = start
  reader.end = outer
}

function readResource(reader: WireReader, view: OwnerView): void {
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === BYTES) view.attributes.read(reader)
    else if (reader.field === 2 && reader.wire === VARINT) view.droppedAttributes = reader.uint32()
    else reader.skip()
  }
}

function readScope(reader: WireReader, view: OwnerView): void {
  while (reader.next()) {
    if (reader.wire === BYTES && reader.field === 3) view.attributes.read(reader)
    else if (reader.wire === BYTES && (reader.field === 1 || reader.field === 2)) {
      const { field } = reader
      const end = reader.delimited()
      if (field === 1) {
        view.nameStart = reader.pos
        view.nameEnd = end
      } else {
        view.versionStart = reader.pos
        view.versionEnd = end
      }
      reader.pos = end
    } else if (reader.field === 4 && reader.wire === VARINT) view.droppedAttributes = reader.uint32()
    else reader.skip()
  }
}
