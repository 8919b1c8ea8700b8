import { isSpanContextValid, type SpanContext } from '@opentelemetry/api'

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Random bytes are drawn many at a time: drawing them one id at a time costs more than the rest of a span. */
const pool = new Uint8Array(4_096)
let used = pool.length

/** Random hexadecimal digits, two for each byte; never all zero. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    crypto.getRandomValues(pool)
    used = 0
  }
  let text = ''
  let sum = 0
  for (const end = used + bytes; used < end; used++) {
    const byte = pool[used] as number
    text += HEX[byte]
    sum += byte
  }
  return sum === 0 ? randomHex(bytes) : text
}

/** https://www.w3.org/TR/trace-context/#trace-id */
export function newTraceId(): string {
  return randomHex(16)
}

/** https://www.w3.org/TR/trace-context/#parent-id */
export function newSpanId(): string {
  return randomHex(8)
}

/** A new run id: 32 hex digits, as a trace id. */
export function newRunId(): string {
  return randomHex(16)
}

/** Undefined for what holds no ids, such as the context of a span that nobody records. */
export function validOnly(spanContext: SpanContext | undefined): SpanContext | undefined {
  return spanContext != null && isSpanContextValid(spanContext) ? spanContext : undefined
}
