import type { AddressInfo } from 'node:net'
import { refusalOf, requestHead } from '@weir/store'
import Fastify from 'fastify'
import type { Registry } from 'prom-client'

export interface Health {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** Serves /healthz (alive), /readyz (can work) and /metrics, to names that are ours and to no page of another site. */
export async function startHealth(
  {
    host,
    port,
    allowedHosts = [],
  }: { readonly host: string; readonly port: number; readonly allowedHosts?: readonly string[] },
  registry: Registry,
  /** What is not ready; nothing: all is. */
  problems: () => Promise<readonly string[]>,
  /** What will soon be a problem; nothing: nothing is known. */
  warnings: () => Promise<readonly string[]>,
): Promise<Health> {
  const app = Fastify({ forceCloseConnections: true })
  const hosts = [...allowedHosts, host.toLowerCase()]
  app.addHook('onRequest', async (request, reply) => {
    const refusal = refusalOf(requestHead(request.raw), { hosts })
    if (refusal !== undefined) return reply.code(refusal.statusCode).send(`${refusal.message}\n`)
  })
  app.get('/healthz', () => 'ok\n')
  app.get('/readyz', async (_request, reply) => {
    const found = await problems()
    if (found.length > 0) return reply.code(503).send(`${found.join('\n')}\n`)
    return reply.send(`${['ok', ...(await warnings())].join(', but ')}\n`)
  })
  app.get('/metrics', async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics())
  })
  const url = await app.listen({ host, port })
  const { port: bound } = app.server.address() as AddressInfo
  return { url, port: bound, close: () => app.close() }
}
