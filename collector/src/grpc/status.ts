import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { RateLimitError } from '../auth/rate-limit.ts'
import { UnauthenticatedError } from '../auth/unauthenticated-error.ts'
import { OversizeError } from '../columns/span-block.ts'
import { DecodeError } from '../decode/decode-error.ts'
import { WireWriter } from '../decode/wire-writer.ts'
import { BackpressureError } from '../wal/backpressure-error.ts'

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'
const STATUS_DETAILS = 'grpc-status-details-bin'
/** Where OpenTelemetry's exporter for Python looks for it. */
const RETRY_INFO_OF_PYTHON = 'google.rpc.retryinfo-bin'
/** What gRPC libraries that repeat calls by themselves wait for, github.com/grpc/proposal/blob/master/A6-client-retries.md */
const PUSHBACK = 'grpc-retry-pushback-ms'

/** How a call ends that is not answered OK; the message is for the sender. */
export type Refusal = Pick<StatusObject, 'code' | 'details' | 'metadata'>

/** What the sender is told about an error of the ingest; undefined where the error is our own. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof DecodeError) return refusal(status.INVALID_ARGUMENT, error.message)
  if (error instanceof OversizeError) return refusal(status.RESOURCE_EXHAUSTED, error.message)
  if (error instanceof UnauthenticatedError) return refusal(status.UNAUTHENTICATED, error.message)
  if (error instanceof RateLimitError) return unavailable(error.message, error.retryAfter)
  if (error instanceof BackpressureError) return unavailable(error.message, 1)
  return undefined
}

/** Never repeated by a sender that keeps to OTLP, except with the codes that OTLP lists. */
export function refusal(code: status, details: string): Refusal {
  return { code, details, metadata: new Metadata() }
}

/**
 * The sender keeps the spans and comes again after whole `seconds`: throttling as OTLP has it, UNAVAILABLE with RetryInfo
 * (opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling). Without it senders would guess.
 */
export function unavailable(details: string, seconds: number): Refusal {
  const info = retryInfo(seconds)
  const metadata = new Metadata()
  metadata.set(STATUS_DETAILS, richStatus(status.UNAVAILABLE, details, info))
  metadata.set(RETRY_INFO_OF_PYTHON, info)
  metadata.set(PUSHBACK, String(Math.ceil(seconds * 1000)))
  return { code: status.UNAVAILABLE, details, metadata }
}

/** A google.rpc.Status (google/rpc/status.proto) with one detail. */
function richStatus(code: number, message: string, info: Buffer): Buffer {
  const writer = new WireWriter()
  writer.varint(1, code)
  writer.text(2, message)
  const any = writer.open(3)
  writer.text(1, RETRY_INFO)
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
