import { expect, test } from 'vitest'
import { DecodeError } from './limits.ts'
import { walkRequest } from './request.ts'

function spansIn(hex: string): number {
  let spans = 0
  const visitor = { resource: () => undefined, scope: () => undefined, span: () => (spans += 1) }
  walkRequest(Buffer.from(hex, 'hex'), visitor)
  return spans
}

test.for([
  ['nothing at all', '', 0],
  ['an empty ResourceSpans', '0a00', 0],
  ['unknown fields beside spans', '0805' + '0a041202' + '1200' + '1200', 1],
  ['a span by scope', '0a041202' + '1200', 1],
  ['a span by instrumentation library', '0a05c23e02' + '1200', 1],
  ['spans by both, which are the same', '0a0bc23e04' + '12001200' + '1202' + '1200', 1],
  ['spans by both, the other way round', '0a0b1202' + '1200' + 'c23e04' + '12001200', 1],
] as const)('%s', ([, hex, spans]) => {
  expect(spansIn(hex)).toBe(spans)
})

test.for([
  ['another field', '120412021200'],
  ['a ResourceSpans by itself', '0a00' + '1202' + '1200'],
  ['resource_spans that is no message', '0805'],
] as const)('another message is refused: %s', ([, hex]) => {
  expect(() => spansIn(hex)).toThrow(
    new DecodeError(
      'the body has no span, but fields that are unknown: expected an ExportTraceServiceRequest of OTLP',
    ),
  )
})
