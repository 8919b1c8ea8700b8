import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { identityOf } from './identity.ts'
import { Request, Template } from './request.ts'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { key: string; value: { stringValue?: string; intValue?: number } }[]
}

function bodyOf(message: Buffer): Buffer {
  const end = message.indexOf('\r\n\r\n') + 4
  const head = message.toString('latin1', 0, end)
  expect(head).toContain(`content-length: ${message.length - end}\r\n`)
  return message.subarray(end)
}

function spansOf(body: Buffer): Span[] {
  const { resourceSpans } = JSON.parse(body.toString('utf8')) as {
    resourceSpans: { scopeSpans: { spans: Span[] }[] }[]
  }
  return resourceSpans[0]!.scopeSpans[0]!.spans
}

describe.each(['sdk', 'plain'] as const)('a request of shape %s', (shape) => {
  test('has the ids of its numbers, whole traces, and the time of now', () => {
    const request = new Request(new Template(shape, 'json', 20, 0), '127.0.0.1:4318')
    request.patch(4000)
    request.patch(5000)
    const spans = spansOf(bodyOf(request.message))
    expect(spans.map(({ traceId, spanId }) => ({ traceId, spanId }))).toEqual(
      spans.map((_, index) => identityOf(5000 + index)),
    )
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2)
    for (const { traceId, parentSpanId, startTimeUnixNano, endTimeUnixNano } of spans) {
      const parent = spans.find(({ spanId }) => spanId === parentSpanId)
      if (parentSpanId !== undefined) expect(parent?.traceId).toBe(traceId)
      const [start, end] = [BigInt(startTimeUnixNano), BigInt(endTimeUnixNano)]
      expect(end).toBeGreaterThan(start)
      expect(Math.abs(Number(start / 1_000_000n) - Date.now())).toBeLessThan(60_000)
      if (parent !== undefined) {
        expect(BigInt(parent.startTimeUnixNano)).toBeLessThanOrEqual(start)
        expect(BigInt(parent.endTimeUnixNano)).toBeGreaterThanOrEqual(end)
      }
    }
    expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(2)
  })

  test('says the same in protobuf, and keeps its length', () => {
    const request = new Request(new Template(shape, 'protobuf', 10, 0), '127.0.0.1:4318')
    const length = request.message.length
    request.patch(770)
    expect(request.message).toHaveLength(length)
    for (let number = 770; number < 780; number++) {
      const { traceId, spanId } = identityOf(number)
      const ids = Buffer.concat([
        Buffer.from(traceId, 'hex'),
        Buffer.from('1208', 'hex'),
        Buffer.from(spanId, 'hex'),
      ])
      expect(request.message.includes(ids)).toBe(true)
    }
  })
})

test('a run id is the trace id, numbers have four digits', () => {
  const request = new Request(new Template('sdk', 'json', 10, 0), '127.0.0.1:4318')
  request.patch(0)
  for (const { traceId, attributes } of spansOf(bodyOf(request.message))) {
    const value = (key: string) => attributes.find((attribute) => attribute.key === key)?.value
    expect(value('weir.run.id')).toEqual({ stringValue: traceId })
    const tokens = value('gen_ai.usage.input_tokens')?.intValue ?? 1000
    expect(tokens).toBeGreaterThanOrEqual(1000)
    expect(tokens).toBeLessThan(10_000)
  }
})

test('a compressed request is the one that was patched', () => {
  const request = new Request(new Template('sdk', 'json', 50, 0), '127.0.0.1:4318')
  request.patch(100)
  const plain = bodyOf(request.message)
  expect(gunzipSync(bodyOf(request.gzipped()))).toEqual(plain)
})

test('a request may begin in the middle of a trace', () => {
  const request = new Request(new Template('sdk', 'json', 1, 7), '127.0.0.1:4318')
  request.patch(37)
  const [span] = spansOf(bodyOf(request.message))
  expect(span).toMatchObject({ ...identityOf(37), parentSpanId: identityOf(38).spanId })
})
