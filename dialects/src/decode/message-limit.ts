import { OversizeError } from './oversize-error.ts'

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
