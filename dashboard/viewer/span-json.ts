import type { Attribute, SpanDetail } from '@weir/store'
import { type CutValue, cutValue } from './cut-value.ts'

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
      'startUnixNano' | 'input' | 'output' | 'attributes' | 'resourceAttributes' | 'events' | 'links'
    >,
    WithAttributes {
  readonly startMs: number
  readonly input: CutValue
  readonly output: CutValue
  readonly resourceAttributes: readonly AttributeJson[]
  readonly events: readonly (Omit<SpanDetail['events'][number], 'attributes'> & WithAttributes)[]
  readonly links: readonly (Omit<SpanDetail['links'][number], 'attributes'> & WithAttributes)[]
}

export function toSpanJson({ startUnixNano, ...span }: SpanDetail, full: boolean): SpanJson {
  const cut = (attributes: readonly Attribute[]) =>
    attributes.map((attribute) => ({ ...attribute, value: cutValue(attribute.value, full) }))
  return {
    ...span,
    startMs: Number(startUnixNano / 1_000_000n),
    input: cutValue(span.input, full),
    output: cutValue(span.output, full),
    attributes: cut(span.attributes),
    resourceAttributes: cut(span.resourceAttributes),
    events: span.events.map((event) => ({ ...event, attributes: cut(event.attributes) })),
    links: span.links.map((link) => ({ ...link, attributes: cut(link.attributes) })),
  }
}
