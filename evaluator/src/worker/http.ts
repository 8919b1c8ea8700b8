import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { refusalOf, requestHead } from '@weir/store'
import type { Registry } from 'prom-client'
import { messageOf } from '../errors.ts'

export interface Health {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

interface HealthOptions {
  readonly host: string
  readonly port: number
  readonly allowedHosts?: readonly string[]
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly type?: string
}

/** Serves /healthz (alive), /readyz (can work) and /metrics under our own names, and to no page of another site. */
export async function startHealth(
  { host, port, allowedHosts = [] }: HealthOptions,
  registry: Registry,
  /** What is not ready; empty: everything is. */
  problems: () => Promise<readonly string[]>,
  /** What will soon be a problem; empty: nothing is known. */
  warnings: () => Promise<readonly string[]>,
): Promise<Health> {
  const hosts = [...allowedHosts, host.toLowerCase()]
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const refusal = refusalOf(requestHead(request), { hosts })
    if (refusal !== undefined) return { status: refusal.statusCode, text: `${refusal.message}\n` }
    switch (request.method === 'GET' || request.method === 'HEAD' ? pathOf(request.url ?? '') : undefined) {
      case '/healthz':
        return { status: 200, text: 'ok\n' }
      case '/readyz': {
        const found = await problems()
        if (found.length > 0) return { status: 503, text: `${found.join('\n')}\n` }
        return { status: 200, text: `${['ok', ...(await warnings())].join(', but ')}\n` }
      }
      case '/metrics':
        return { status: 200, text: await registry.metrics(), type: registry.contentType }
      default:
        return { status: 404, text: 'Not found: expected GET /healthz, /readyz or /metrics.\n' }
    }
  }
  const failed = (error: unknown): Answer => ({ status: 500, text: `${messageOf(error)}\n` })
  const server = createServer(async (request, response) => {
    const { status, text, type = 'text/plain; charset=utf-8' } = await answer(request).catch(failed)
    response.statusCode = status
    response.setHeader('content-type', type).end(text)
  })
  await once(server.listen({ host, port }), 'listening')
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: async () => {
      const closed = once(server, 'close')
      server.close().closeAllConnections()
      await closed
    },
  }
}

/** Of a target such as `/readyz?full`, or a whole URL, as proxies send it. */
function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0]!
}
