import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { BROKEN, brokenBy } from './broken-request.ts'
import { CONTENT_TYPE, encodingOf } from './encoding.ts'
import type { HttpError } from './http-error.ts'
import { statusResponse } from './responses.ts'

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
export function answerError(response: ServerResponse, error: HttpError): void {
  const encoding = encodingOf(response.req.headers['content-type']) ?? 'json'
  const headers = { ...error.headers, 'content-type': CONTENT_TYPE[encoding] }
  answer(response, error.statusCode, headers, statusResponse(encoding, error.rpcCode, error.message))
}

/** Answers where there is no response to write to: what came was no request. The connection ends. */
export function rawError(error: HttpError, contentType: string | undefined): Buffer {
  const encoding = encodingOf(contentType) ?? 'json'
  const body = statusResponse(encoding, error.rpcCode, error.message)
  const head = [
    `HTTP/1.1 ${error.statusCode} ${error.reason}`,
    ...Object.entries(error.headers).map(([name, value]) => `${name}: ${value}`),
    `content-type: ${CONTENT_TYPE[encoding]}`,
    `content-length: ${body.length}`,
    'connection: close',
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}
