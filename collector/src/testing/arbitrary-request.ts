import fc from 'fast-check'
import type { Json } from './protobuf-to-json.ts'

const text = fc.string({ unit: 'binary', maxLength: 20 })
const uint32 = fc.oneof(fc.constantFrom(0, 1, 0xffff_ffff), fc.nat(1000))
const MAX_TIME = 2n ** 63n - 1n
/** Mostly of one month; the ends of what 64 bits hold and of what is stored. */
const time = fc.oneof(
  { weight: 5, arbitrary: fc.bigInt(1_790_000_000_000_000_000n, 1_791_000_000_000_000_000n) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 1n, MAX_TIME - 1n, MAX_TIME, MAX_TIME + 1n, 2n ** 64n - 1n) },
)
const id = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((array) => array.some((byte) => byte > 0))
    .map((array) => Buffer.from(array).toString('hex'))

const double = fc
  .oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, 1e21, 5e-324))
  .map((value) =>
    Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value),
  )
const integer = fc.oneof(
  fc.bigInt(-(2n ** 63n), MAX_TIME).map(String),
  fc.constantFrom(String(-(2n ** 63n)), String(MAX_TIME), '9007199254740993'),
  fc.maxSafeInteger(),
)

const { value } = fc.letrec<{ value: Json; attribute: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ stringValue: text }),
    fc.record({ intValue: integer }),
    fc.record({ doubleValue: double }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({
      bytesValue: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    }),
    fc.constant({}),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: fc.array(tie('attribute'), { maxLength: 3 }) }) }),
  ),
  attribute: fc.record({ key: text, value: tie('value') }),
}))

/** Keys that become columns of their own among those that do not, some of them twice. */
const key = fc.oneof(
  text,
  fc.constantFrom(
    'a',
    'b',
    'input.value',
    'output.value',
    'weir.kind',
    'gen_ai.input.messages',
    'genkit:output',
  ),
)
const attributes = fc.array(
  fc.record({ key, value: fc.oneof(value, fc.record({ stringValue: text })) }, { requiredKeys: ['key'] }),
  { maxLength: 6 },
)
const dropped = { droppedAttributesCount: uint32 }

const span = fc.record(
  {
    spanId: id(8),
    traceState: text,
    parentSpanId: fc.oneof(fc.constant(''), id(8)),
    flags: uint32,
    name: text,
    kind: fc.nat(5),
    startTimeUnixNano: time.map(String),
    endTimeUnixNano: time.map(String),
    attributes,
    ...dropped,
    events: fc.array(
      fc.record({ timeUnixNano: time.map(String), name: text, attributes, ...dropped }, { requiredKeys: [] }),
      { maxLength: 3 },
    ),
    droppedEventsCount: uint32,
    links: fc.array(
      fc.record(
        { traceId: id(16), spanId: id(8), traceState: text, flags: uint32, attributes, ...dropped },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    droppedLinksCount: uint32,
    status: fc.record({ code: fc.nat(2), message: text }, { requiredKeys: [] }),
  },
  { requiredKeys: ['spanId'] },
)
const spans = fc.uniqueArray(span, { selector: ({ spanId }) => spanId, minLength: 1, maxLength: 4 })
const resource = fc.record({ attributes, ...dropped }, { requiredKeys: [] })
const scope = fc.record({ name: text, version: text, attributes, ...dropped }, { requiredKeys: [] })
const scopeSpans = fc.record({ scope, spans, schemaUrl: text }, { requiredKeys: ['spans'] })
const resourceSpans = fc.record(
  { resource, scopeSpans: fc.array(scopeSpans, { minLength: 1, maxLength: 3 }), schemaUrl: text },
  { requiredKeys: ['scopeSpans'] },
)

/** ExportTraceServiceRequests in OTLP/JSON whose spans are all of one trace. */
export function requestsOf(traceId: string): fc.Arbitrary<Json> {
  return fc.array(resourceSpans, { minLength: 1, maxLength: 3 }).map((list) => {
    for (const { spans } of list.flatMap((each) => each.scopeSpans))
      for (const each of spans) Object.assign(each, { traceId })
    return { resourceSpans: list }
  })
}
