import { protobufOfJson } from '../otlp/json/request.ts'
import { attributesOf, requestOf } from './normalised.ts'

const START = 1_700_000_000_000_000_000n

/** A request in protobuf whose spans have ids that no other number gives; two spans share a trace. */
export function manySpans(number: number, count: number): Buffer {
  const spans = Array.from({ length: count }, (_, at) => {
    const id = number * count + at + 1
    const start = START + BigInt(id) * 1000n
    return {
      traceId: Math.floor(id / 2 + 1)
        .toString(16)
        .padStart(32, '0'),
      spanId: id.toString(16).padStart(16, '0'),
      name: `work ${at % 10}`,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + 5000n),
      attributes: attributesOf({ 'http.request.method': 'GET', 'input.value': `question ${id}`, number: id }),
    }
  })
  return protobufOfJson(Buffer.from(JSON.stringify(requestOf(spans, { 'service.name': 'many' }))))
}
