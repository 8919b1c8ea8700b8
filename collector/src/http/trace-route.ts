import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { OversizeError } from '../columns/span-block.ts'
import { DecodeError } from '../decode/decode-error.ts'
import type { Ingest } from '../ingest.ts'
import { InsertError } from '../writer/insert-error.ts'
import { readBody } from './body.ts'
import { CONTENT_TYPE, type Encoding, encodingOf, isGzip } from './encoding.ts'
import { HttpError, unavailable } from './http-error.ts'
import type { Metrics } from './metrics.ts'
import { exportResponse } from './responses.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** POST /v1/traces: body -> ingest -> ack once it is stored. */
export function traceRoute(ingest: Ingest, metrics: Metrics): Handler {
  return async (request, reply) => {
    const began = performance.now()
    reply.raw.once('close', () => {
      const status = reply.raw.writableFinished ? String(reply.statusCode) : 'aborted'
      metrics.observeRequest(status, (performance.now() - began) / 1000)
    })
    const encoding = encodingOf(request.headers['content-type'])
    if (encoding === undefined) {
      const got = request.headers['content-type'] ?? 'none'
      throw new HttpError(
        415,
        `content-type ${got} is not supported, expected ${CONTENT_TYPE.protobuf} or ${CONTENT_TYPE.json}`,
      )
    }
    const rejected = await store(ingest, encoding, request)
    const message = rejected === 0 ? '' : `${rejected} spans have an invalid trace id or span id`
    return reply
      .header('content-type', CONTENT_TYPE[encoding])
      .send(exportResponse(encoding, rejected, message))
  }
}

/** Resolves to the number of rejected spans when the others are stored. */
async function store(ingest: Ingest, encoding: Encoding, request: FastifyRequest): Promise<number> {
  const gzip = isGzip(request.headers['content-encoding'])
  const payload = (request.body as Readable | undefined) ?? request.raw
  const body = await readBody(payload, gzip, ingest.maxBodyBytes, ingest.budget)
  try {
    return await ingest.export(encoding, body.bytes)
  } catch (error) {
    if (error instanceof DecodeError) throw new HttpError(400, error.message)
    if (error instanceof OversizeError) throw new HttpError(413, error.message)
    if (error instanceof InsertError) {
      request.log.error({ reason: error.message }, 'insert failed')
      throw unavailable('the store is not available. Try again')
    }
    throw error
  } finally {
    body.release()
  }
}
