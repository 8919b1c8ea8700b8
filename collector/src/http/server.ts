import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Ingest } from '../ingest.ts'
import { CONTENT_TYPE, encodingOf } from './encoding.ts'
import { HttpError, rpcCodeOf } from './http-error.ts'
import type { Metrics } from './metrics.ts'
import { statusResponse } from './responses.ts'
import { traceRoute } from './trace-route.ts'

export interface ServerOptions {
  readonly ingest: Ingest
  readonly metrics: Metrics
  /** Rejects where ClickHouse does not answer. */
  readonly ping: () => Promise<void>
  /** pino's level, or `silent`. */
  readonly logLevel: string
}

/** Milliseconds within which a request has to arrive whole. */
const REQUEST_TIMEOUT = 60_000
const TRACES = '/v1/traces'

/** OTLP/HTTP (opentelemetry.io/docs/specs/otlp/#otlphttp), health and metrics. */
export function createServer({ ingest, metrics, ping, logLevel }: ServerOptions): FastifyInstance {
  const server = Fastify({
    logger: { level: logLevel },
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: REQUEST_TIMEOUT,
    return503OnClosing: false,
    bodyLimit: Number.MAX_SAFE_INTEGER,
  })
  server.removeAllContentTypeParsers()
  // Bodies stay streams: what they may be and how large is decided by the route.
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  server.setErrorHandler(answerError)
  server.setNotFoundHandler((request) => {
    const path = request.url.split('?', 1)[0]!
    if (path !== TRACES) throw new HttpError(404, `${path} does not exist here, traces go to ${TRACES}`)
    throw new HttpError(405, `${request.method} ${TRACES} is not supported, expected POST`, { allow: 'POST' })
  })
  server.post(TRACES, traceRoute(ingest, metrics))
  server.get('/healthz', () => 'ok')
  server.get('/readyz', async (_request, reply) => {
    try {
      await ping()
      return 'ok'
    } catch (error) {
      return reply.code(503).send((error as Error).message)
    }
  })
  server.get('/metrics', async (_request, reply) => {
    const text = await metrics.text()
    return reply.header('content-type', metrics.contentType).send(text)
  })
  return server
}

/** Every error is a google.rpc.Status in the request's encoding. */
function answerError(
  error: Error & { statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const statusCode = error.statusCode ?? 500
  const encoding = encodingOf(request.headers['content-type']) ?? 'json'
  const rpcCode = error instanceof HttpError ? error.rpcCode : rpcCodeOf(statusCode)
  if (statusCode >= 500) request.log.error({ statusCode, reason: error.message }, 'request failed')
  else request.log.info({ statusCode, reason: error.message }, 'request refused')
  if (error instanceof HttpError) void reply.headers(error.headers)
  return reply
    .code(statusCode)
    .header('content-type', CONTENT_TYPE[encoding])
    .send(statusResponse(encoding, rpcCode, error.message))
}
