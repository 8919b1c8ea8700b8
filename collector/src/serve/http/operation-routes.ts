import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authorise } from '../auth/authenticator.ts'
import type { Metrics } from '../metrics.ts'
import { answer } from './answer.ts'
import { methodNotAllowed } from './http-refusal.ts'

/** Answers one path. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const TEXT = 'text/plain; charset=utf-8'

export interface Operations {
  readonly metrics: Metrics
  /** Rejects where spans cannot be taken, resolves to what will soon be the reason. */
  readonly ping: () => Promise<string | undefined>
  readonly authorise: Authorise
  /** Resolves once ClickHouse has what was acknowledged before. */
  readonly flush: () => Promise<void>
}

/** What operators and their tools ask for, by path. */
export function operationRoutes({
  metrics,
  ping,
  authorise,
  flush,
}: Operations): Readonly<Record<string, Route>> {
  return {
    '/flush': async ({ method, headers }, response) => {
      if (method !== 'POST') throw methodNotAllowed(method, '/flush', 'POST')
      await authorise(headers)
      await flush()
      answer(response, 200, { 'content-type': TEXT }, Buffer.from('ok'))
    },
    '/healthz': page(async () => ({ text: 'ok' })),
    '/readyz': page(() =>
      ping().then(
        (warning) => ({ text: warning === undefined ? 'ok' : `ok, but ${warning}` }),
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
