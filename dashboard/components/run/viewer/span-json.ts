import type { Attribute, SpanDetail } from '@weir/store/pages'
import { type CutValue, cutValue, type RecordedValue } from './cut-value.ts'

export interface AttributeJson extends Omit<Attribute, 'value'> {
  readonly value: CutValue
}

interface WithAttributes {
  readonly attributes: readonly AttributeJson[]
}

/** A span as the browser gets it: numbers that JSON can hold, long values cut. */
export interface SpanJson
  extends Omit<
      SpanDetail,
      | 'startUnixNano'
      | `${'input' | 'output'}${'' | 'Type' | 'Length'}`
      | 'metadata'
      | 'attributes'
      | 'resourceAttributes'
      | 'events'
      | 'links'
    >,
    WithAttributes {
  readonly startMs: number
  readonly input: RecordedValue
  readonly output: RecordedValue
  readonly metadata: CutValue
  readonly resourceAttributes: readonly AttributeJson[]
  readonly events: readonly (Omit<SpanDetail['events'][number], 'attributes'> & WithAttributes)[]
  readonly links: readonly (Omit<SpanDetail['links'][number], 'attributes'> & WithAttributes)[]
}

export function toSpanJson(detail: SpanDetail, full: boolean): SpanJson {
  const { startUnixNano, inputType, inputLength, outputType, outputLength, ...span } = detail
  const cut = (attributes: readonly Attribute[]) =>
    attributes.map((attribute) => ({ ...attribute, value: cutValue(attribute.value, full) }))
  return {
    ...span,
    startMs: Number(startUnixNano / 1_000_000n),
    input: { ...cutValue(span.input, full), type: inputType, originalLength: inputLength },
    output: { ...cutValue(span.output, full), type: outputType, originalLength: outputLength },
    metadata: cutValue(span.metadata, full),
    attributes: cut(span.attributes),
    resourceAttributes: cut(span.resourceAttributes),
    events: span.events.map((event) => ({ ...event, attributes: cut(event.attributes) })),
    links: span.links.map((link) => ({ ...link, attributes: cut(link.attributes) })),
  }
}
