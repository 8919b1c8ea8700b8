import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { CONTENT_TYPE, encodingOf } from '../../ingest/encoding.ts'
import type { Refusal } from '../../refusal.ts'
import { statusResponse } from '../responses.ts'
import { BROKEN, brokenBy } from './broken-request.ts'
import { headersOf, rpcCodeOf, statusCodeOf } from './http-refusal.ts'

/**
 * Answers a request. Where its body is not read yet, the answer says that the connection closes, and what still comes
 * is dropped: closing at once would reset the connection, and take the answer away from the sender.
 */
export function answer(
  response: ServerResponse,
  statusCode: number,
  headers: OutgoingHttpHeaders,
  body: Buffer,
): void {
  const request = response.req
  const length = { 'content-length': body.length }
  if (request.complete) {
    // Text goes out in one write with the headers, a buffer in a second one.
    response.writeHead(statusCode, { ...headers, ...length }).end(body.toString('latin1'), 'latin1')
    return
  }
  response.writeHead(statusCode, { ...headers, ...length, connection: 'close' })
  if (brokenBy(request)) {
    response.end(body)
    return
  }
  response.write(body)
  request.once('end', () => response.end())
  request.once(BROKEN, () => response.end())
  request.resume()
}

/** Every error is a google.rpc.Status in the request's encoding, JSON where that says none. */
export function answerRefusal(response: ServerResponse, refusal: Refusal): void {
  const encoding = encodingOf(response.req.headers['content-type']) ?? 'json'
  const headers = { ...headersOf(refusal), 'content-type': CONTENT_TYPE[encoding] }
  answer(
    response,
    statusCodeOf(refusal),
    headers,
    statusResponse(encoding, rpcCodeOf(refusal), refusal.message),
  )
}

/** Answers where there is no response to write to: what came was no request. The connection ends. */
export function rawRefusal(refusal: Refusal, contentType: string | undefined): Buffer {
  const encoding = encodingOf(contentType) ?? 'json'
  const body = statusResponse(encoding, rpcCodeOf(refusal), refusal.message)
  const head = [
    `HTTP/1.1 ${statusCodeOf(refusal)} ${refusal.reason}`,
    ...Object.entries(headersOf(refusal)).map(([name, value]) => `${name}: ${value}`),
    `content-type: ${CONTENT_TYPE[encoding]}`,
    `content-length: ${body.length}`,
    'connection: close',
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}
