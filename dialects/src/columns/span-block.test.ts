import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { protobufOfJson } from '../otlp/json/request.ts'
import { DecodeError, OversizeError } from '../otlp/limits.ts'
import { captureNames, readCapture } from '../testing/captures.ts'
import { readNative } from '../testing/native-reader.ts'
import { normaliseSpan, requestOf } from '../testing/normalised.ts'
import { SpanBlock } from './span-block.ts'

const captures = captureNames('otel-js-', 'genkit-', 'openinference-', 'edge-')
  .flatMap((name) => readCapture(name).requests)
  .filter(({ body }) => body.length > 0 && body.length < 20_000)
const protobufs = captures
  .filter(({ contentType }) => contentType.includes('protobuf'))
  .map(({ body }) => body)
const jsons = captures.filter(({ contentType }) => contentType.includes('json')).map(({ body }) => body)

/** Appends, and proves that a refused request left nothing: the block reads as it would without it. */
function appendHarmlessly(request: () => Buffer): void {
  const block = new SpanBlock()
  const good = protobufOfJson(Buffer.from(JSON.stringify(requestOf([{ name: 'good' }]))))
  block.append(good, 'default')
  let accepted = 0
  try {
    accepted = block.append(request(), 'default').accepted
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
  }
  block.append(good, 'default')
  const rows = readNative(block.take())
  expect(rows).toHaveLength(accepted + 2)
  expect([rows[0]!.name, rows.at(-1)!.name]).toEqual(['good', 'good'])
}

/** A body with some bytes replaced, removed or repeated. */
const mutated = (bodies: readonly Buffer[]) =>
  fc
    .tuple(
      fc.constantFrom(...bodies),
      fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(3)), { minLength: 1, maxLength: 8 }),
    )
    .map(([body, edits]) => edits.reduce(edit, Buffer.from(body)))

function edit(body: Buffer, [position, byte, action]: [number, number, number]): Buffer {
  const at = position % (body.length + 1)
  if (action === 0) return body.subarray(0, at)
  if (action === 1) return Buffer.concat([body.subarray(0, at), body.subarray(at + 1)])
  if (action === 2) return Buffer.concat([body.subarray(0, at), Buffer.from([byte]), body.subarray(at)])
  if (at < body.length) body[at] = byte
  return body
}

describe('whatever comes in, a request is taken whole or refused whole', () => {
  test('random bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array))
    fc.assert(
      fc.property(bytes, (body) => appendHarmlessly(() => body)),
      { numRuns: 500 },
    )
  })

  test('mutated protobuf', () => {
    fc.assert(
      fc.property(mutated(protobufs), (body) => appendHarmlessly(() => body)),
      { numRuns: 500 },
    )
  })

  test('mutated JSON', () => {
    fc.assert(
      fc.property(mutated(jsons), (body) => appendHarmlessly(() => protobufOfJson(body))),
      { numRuns: 300 },
    )
  })

  test('any JSON', () => {
    const request = fc.record({ resourceSpans: fc.jsonValue({ maxDepth: 6 }) })
    const body = request.map((value) => Buffer.from(JSON.stringify(value)))
    fc.assert(
      fc.property(body, (bytes) => appendHarmlessly(() => protobufOfJson(bytes))),
      { numRuns: 300 },
    )
  })
})

test('strings that are not UTF-8 are repaired, so that what is stored can be shown', () => {
  const block = new SpanBlock()
  for (const { body } of readCapture('edge-pb-invalid-utf8-value').requests) block.append(body, 'default')
  const [row] = readNative(block.take())
  expect(row!.attributes).toEqual([['bad.string', 'fo\ufffd\ufffd\ufffd(\ufffd\ufffd\ufffd']])
})

const TOKENS = 'gen_ai.usage.input_tokens'
const COST = 'gen_ai.usage.cost'

test.for([
  [{ [TOKENS]: { intValue: '-5' } }, 0n, 0],
  [{ [TOKENS]: { intValue: '4294967296' } }, 4294967295n, 0],
  [{ [TOKENS]: { intValue: '9223372036854775807' } }, 4294967295n, 0],
  [{ [TOKENS]: { doubleValue: 'Infinity' } }, 0n, 0],
  [{ [TOKENS]: { doubleValue: 'NaN' } }, 0n, 0],
  [{ [TOKENS]: { stringValue: '1e400' } }, 0n, 0],
  [{ [COST]: { doubleValue: 'Infinity' } }, 0n, 0],
  [{ [COST]: { doubleValue: 'NaN' } }, 0n, 0],
  [{ [COST]: { stringValue: '1e400' } }, 0n, 0],
  [{ [COST]: { doubleValue: -1 } }, 0n, 0],
  [{ [COST]: { doubleValue: 1.7e308 } }, 0n, 1e9],
] as const)('of %j no sum overflows', ([values, tokens, cost]) => {
  const attributes = Object.entries(values).map(([key, value]) => ({ key, value }))
  expect(normaliseSpan({ attributes })).toMatchObject({ input_tokens: tokens, cost })
})

test('ids decide span by span', () => {
  const block = new SpanBlock()
  const ids = [
    {},
    { traceId: '' },
    { spanId: '00'.repeat(8) },
    { traceId: 'xyz' },
    { spanId: 'AB'.repeat(8) },
  ]
  const appended = block.append(protobufOfJson(Buffer.from(JSON.stringify(requestOf(ids)))), 'default')
  expect(appended).toEqual({ accepted: 2, invalid: 3 })
  expect(readNative(block.take()).map((row) => row.span_id)).toEqual(['0000000000000001', 'ab'.repeat(8)])
})

test('a large resource is not multiplied without limit', () => {
  const block = new SpanBlock(1_000_000)
  const spans = Array.from({ length: 3000 }, () => ({}))
  const request = (size: number) =>
    protobufOfJson(Buffer.from(JSON.stringify(requestOf(spans, { 'session.id': 'x'.repeat(size) }))))
  expect(() => block.append(request(100_000), 'default')).toThrow(OversizeError)
  expect(block.rows).toBe(0)
  expect(block.append(request(1), 'default').accepted).toBe(3000)
})

test.for([
  ['attributes', 0x4a],
  ['events', 0x5a],
  ['links', 0x6a],
])('a span with more than 100,000 %s is refused', ([_, tag]) => {
  const length = (size: number) => [(size & 127) | 128, ((size >> 7) & 127) | 128, size >> 14]
  const items = Buffer.from(Array.from({ length: 100_001 }, () => [tag as number, 0]).flat())
  const span = Buffer.concat([Buffer.from([0x12, ...length(items.length)]), items])
  const scopeSpans = Buffer.concat([Buffer.from([0x12, ...length(span.length)]), span])
  const request = Buffer.concat([Buffer.from([0x0a, ...length(scopeSpans.length)]), scopeSpans])
  expect(() => new SpanBlock().append(request, 'default')).toThrow('more than 100000')
})

test('requests without spans leave nothing, however many there are', () => {
  const block = new SpanBlock()
  const { size } = block
  for (let at = 0; at < 100; at++) {
    const request = requestOf([{ traceId: 'invalid' }], { 'service.instance.id': `instance ${at}` })
    expect(block.append(protobufOfJson(Buffer.from(JSON.stringify(request))), 'default').accepted).toBe(0)
  }
  expect(block.size).toBe(size)
})
