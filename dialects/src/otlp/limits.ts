import { WeirError } from '@weir/config'

/** The request body is not what its encoding promises; answered with 400, and nothing of it is kept. */
export class DecodeError extends WeirError {
  override readonly code = 'UNDECODABLE'
}

/** A request is more than the collector takes at once; answered with 413, and nothing of it is kept. */
export class OversizeError extends WeirError {
  override readonly code = 'OVERSIZE'
}

/** Arrays and lists of attribute values may nest this deep; protobuf libraries stop at about the same depth. */
export const MAX_VALUE_DEPTH = 100

/** @throws DecodeError where a value is enclosed by more arrays and lists than the limit */
export function checkValueDepth(enclosing: number): void {
  if (enclosing >= MAX_VALUE_DEPTH)
    throw new DecodeError(`attribute values nested deeper than ${MAX_VALUE_DEPTH}`)
}

/** More than this on one span, event, link, scope or resource is no telemetry, but an attempt on memory. */
export const MAX_ITEMS = 100_000

/**
 * The most messages of one request: resources, scopes, spans, events, links, attributes and items of arrays, each as often
 * as it is read. An empty one has two bytes, next to nothing once compressed, yet costs up to half a microsecond. In 64 MiB
 * this is one for every 16 bytes: telemetry takes more, an attribute alone 20 bytes.
 */
export const MAX_MESSAGES: number = 2 ** 22

/** A request is read without waiting for anything, so all share this. */
let left = MAX_MESSAGES

/** Begins to read a request. */
export function beginRequest(): void {
  left = MAX_MESSAGES
}

/** @throws OversizeError where the request has more messages than the limit */
export function countMessages(count: number): void {
  left -= count
  if (left < 0)
    throw new OversizeError(
      `the request has more than ${MAX_MESSAGES} resources, scopes, spans, events, links, attributes and items of arrays. Send smaller batches`,
    )
}
