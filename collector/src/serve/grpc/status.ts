import type { OutgoingHttpHeaders } from 'node:http2'
import { WireWriter } from '@weir/dialects'
import { cutText } from '@weir/store/text'
import type { Reason, Refusal } from '../../refusal.ts'

/** The codes that are used here, github.com/grpc/grpc/blob/master/doc/statuscodes.md */
const GRPC_STATUS = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const

export type GrpcStatus = keyof typeof GRPC_STATUS

/** Senders repeat DEADLINE_EXCEEDED and UNAVAILABLE only (opentelemetry.io/docs/specs/otlp/#failures). */
const STATUS_OF: Readonly<Record<Reason, GrpcStatus>> = {
  backpressure: 'UNAVAILABLE',
  cut_off: 'INVALID_ARGUMENT',
  host: 'PERMISSION_DENIED',
  internal: 'INTERNAL',
  method: 'UNIMPLEMENTED',
  not_found: 'UNIMPLEMENTED',
  origin: 'PERMISSION_DENIED',
  protocol: 'INVALID_ARGUMENT',
  rate_limited: 'UNAVAILABLE',
  timeout: 'DEADLINE_EXCEEDED',
  too_large: 'RESOURCE_EXHAUSTED',
  unauthenticated: 'UNAUTHENTICATED',
  undecodable: 'INVALID_ARGUMENT',
  unsupported: 'UNIMPLEMENTED',
}

export function grpcStatusOf({ reason }: Refusal): GrpcStatus {
  return STATUS_OF[reason]
}

/** How a call ends that is not answered OK, as headers. */
export function statusHeaders(refusal: Refusal): OutgoingHttpHeaders {
  const { message, retryAfter } = refusal
  const code = GRPC_STATUS[grpcStatusOf(refusal)]
  const headers = { 'grpc-status': code, 'grpc-message': percentEncoded(message) }
  return retryAfter === undefined ? headers : { ...headers, ...retryHeaders(code, message, retryAfter) }
}

/**
 * The sender keeps the spans and comes again after so many seconds: throttling as OTLP has it, UNAVAILABLE with
 * RetryInfo (opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling). Without it senders would guess.
 */
function retryHeaders(code: number, message: string, retryAfter: number): OutgoingHttpHeaders {
  const info = retryInfo(retryAfter)
  return {
    'grpc-status-details-bin': richStatus(code, message, info).toString('base64'),
    // Where OpenTelemetry's exporter for Python looks for it.
    'google.rpc.retryinfo-bin': info.toString('base64'),
    // For gRPC libraries that repeat calls by themselves, github.com/grpc/proposal/blob/master/A6-client-retries.md
    'grpc-retry-pushback-ms': retryAfter * 1000,
  }
}

/** A google.rpc.Status (google/rpc/status.proto) with one detail. */
function richStatus(code: number, message: string, info: Buffer): Buffer {
  const writer = new WireWriter()
  writer.varint(1, code)
  writer.text(2, message)
  const any = writer.open(3)
  writer.text(1, 'type.googleapis.com/google.rpc.RetryInfo')
  writer.range(2, info, 0, info.length)
  writer.close(any)
  return Buffer.from(writer.finish())
}

/** A google.rpc.RetryInfo (google/rpc/error_details.proto). */
function retryInfo(seconds: number): Buffer {
  const writer = new WireWriter()
  const delay = writer.open(1)
  writer.varint(1, seconds)
  writer.close(delay)
  return Buffer.from(writer.finish())
}

/** Characters of a message, which may quote what was sent: headers are limited. */
const MAX_MESSAGE = 1000

/** github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses */
function percentEncoded(message: string): string {
  return cutText(message, MAX_MESSAGE)
    .toWellFormed()
    .replace(/[^\x20-\x24\x26-\x7e]/gu, encodeURIComponent)
}
