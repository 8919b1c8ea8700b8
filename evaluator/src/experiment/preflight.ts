import type { Store } from '@weir/store'
import { InfrastructureError, messageOf, UsageError } from '../errors.ts'

/** Says early, and once, that the collector or the store cannot be reached, or that the collector wants another key. */
export async function preflight(store: Store, endpoint: string, apiKey?: string): Promise<void> {
  await Promise.all([pingCollector(endpoint, apiKey), pingStore(store)])
}

async function pingCollector(endpoint: string, apiKey: string | undefined): Promise<void> {
  const base = endpoint.replace(/\/+$/, '')
  const url = `${base}/readyz`
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  const problem = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) }).then(
    async (response) => (response.ok ? '' : `it answered ${response.status}: ${await response.text()}`),
    (error: unknown) => messageOf((error as { cause?: unknown }).cause ?? error),
  )
  if (problem === '') return requireAccess(base, headers)
  throw new InfrastructureError(
    `The collector at ${url} is not ready: ${problem}. Start it with \`weir up\`, set WEIR_ENDPOINT, or evaluate without it: --local.`,
  )
}

/** A request without spans is refused like any other. */
async function requireAccess(base: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const response = await fetch(`${base}/v1/traces`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(5_000),
  })
  if (response.status !== 401) return
  const { message } = (await response.json().catch(() => ({}))) as { readonly message?: string }
  throw new UsageError(
    `The collector at ${base} does not accept WEIR_API_KEY: ${message ?? 'it answered 401'}`,
  )
}

async function pingStore(store: Store): Promise<void> {
  const result = await store.client.ping({ select: true })
  if (result.success) return
  throw new InfrastructureError(
    `ClickHouse at ${store.url.replace(/\/\/.*@/, '//')} is not ready: ${messageOf(result.error)}. Start it with \`weir up\`, or set WEIR_CLICKHOUSE_URL.`,
  )
}
