import type { Store } from '@weir/store'
import { InfrastructureError, messageOf } from '../errors.ts'

/** Says early, and once, that the collector or the store cannot be reached. */
export async function preflight(store: Store, endpoint: string, apiKey?: string): Promise<void> {
  await Promise.all([pingCollector(endpoint, apiKey), pingStore(store)])
}

async function pingCollector(endpoint: string, apiKey: string | undefined): Promise<void> {
  const url = `${endpoint.replace(/\/+$/, '')}/readyz`
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  const problem = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) }).then(
    (response) => (response.ok ? '' : `it answered ${response.status}`),
    (error: unknown) => messageOf((error as { cause?: unknown }).cause ?? error),
  )
  if (problem === '') return
  throw new InfrastructureError(
    `The collector at ${url} is not ready: ${problem}. Start it with \`weir up\`, set WEIR_ENDPOINT, or evaluate without it: --local.`,
  )
}

async function pingStore(store: Store): Promise<void> {
  const result = await store.client.ping({ select: true })
  if (result.success) return
  throw new InfrastructureError(
    `ClickHouse at ${store.url.replace(/\/\/.*@/, '//')} is not ready: ${messageOf(result.error)}. Start it with \`weir up\`, or set WEIR_CLICKHOUSE_URL.`,
  )
}
