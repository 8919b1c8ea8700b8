import type { IncomingMessage, ServerResponse } from 'node:http'
import { answer } from './answer.ts'
import { methodNotAllowed } from './http-error.ts'
import type { Metrics } from './metrics.ts'

/** Answers one path. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const TEXT = 'text/plain; charset=utf-8'

/** What operators and their tools read, by path. @param ping rejects where the collector cannot work */
export function operationRoutes(
  metrics: Metrics,
  ping: () => Promise<void>,
): Readonly<Record<string, Route>> {
  return {
    '/healthz': page(async () => ({ text: 'ok' })),
    '/readyz': page(() =>
      ping().then(
        () => ({ text: 'ok' }),
        (error: Error) => ({ text: error.message, statusCode: 503 }),
      ),
    ),
    '/metrics': page(async () => ({ text: await metrics.text(), contentType: metrics.contentType })),
  }
}

interface Page {
  readonly text: string
  readonly statusCode?: number
  readonly contentType?: string
}

function page(read: () => Promise<Page>): Route {
  return async ({ method, url }, response) => {
    if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed(method, url!, 'GET, HEAD')
    const { text, statusCode = 200, contentType = TEXT } = await read()
    answer(response, statusCode, { 'content-type': contentType }, Buffer.from(text))
  }
}
