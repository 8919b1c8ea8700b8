import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError, UsageError } from '@weir/config'
import type { Store } from '@weir/store'
import { messageOf } from '../errors.ts'

/** Where spans are sent, and the key that they are sent with. */
export interface CollectorAccess {
  readonly endpoint: string
  readonly apiKey?: string | undefined
}

/** Longest time without ClickHouse or the collector: a restart takes a second or two. */
const MAX_UNAVAILABLE_MS = 30_000
const RETRY_MS = 250
const PING_TIMEOUT_MS = 5_000

/**
 * Requires a collector and a store that answer, and a collector that accepts the key.
 * @throws InfrastructureError, or UsageError for the key
 */
export async function requireAvailable(store: Store, collector: CollectorAccess): Promise<void> {
  await Promise.all([pingCollector(collector), pingStore(store)])
}

async function pingCollector(collector: CollectorAccess): Promise<void> {
  const url = `${baseOf(collector)}/readyz`
  const problem = await fetch(url, {
    headers: headersOf(collector),
    signal: AbortSignal.timeout(PING_TIMEOUT_MS),
  }).then(
    async (response) =>
      response.ok ? undefined : `it answered ${response.status}: ${await response.text()}`,
    (error: unknown) => messageOf((error as { cause?: unknown }).cause ?? error),
  )
  if (problem === undefined) return requireAccess(collector)
  throw new InfrastructureError(
    `The collector at ${url} is not ready: ${problem}. Start it with \`weir up\`, set WEIR_ENDPOINT, or evaluate without it: --local.`,
  )
}

/** Sends a request without spans, which is refused like any other. */
async function requireAccess(collector: CollectorAccess): Promise<void> {
  const base = baseOf(collector)
  const response = await fetch(`${base}/v1/traces`, {
    method: 'POST',
    headers: { ...headersOf(collector), 'content-type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(PING_TIMEOUT_MS),
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

/** Within which a collector makes spans queryable that it has acknowledged. */
const FRESH_MS = 2_000

/**
 * Resolves once what the collector has acknowledged can be queried. It acknowledges spans before ClickHouse has them,
 * and a run that is read too early may lack some of its steps. Gives up after a while, and when `signal` aborts: what is missing
 * shows then.
 */
export async function waitUntilQueryable(collector: CollectorAccess, signal?: AbortSignal): Promise<void> {
  const url = `${baseOf(collector)}/flush`
  const deadline = performance.now() + MAX_UNAVAILABLE_MS
  while (performance.now() < deadline && !signal?.aborted) {
    const timeUp = AbortSignal.timeout(MAX_UNAVAILABLE_MS)
    const response = await fetch(url, {
      method: 'POST',
      headers: headersOf(collector),
      signal: signal === undefined ? timeUp : AbortSignal.any([signal, timeUp]),
    }).catch(() => undefined)
    await response?.arrayBuffer().catch(() => undefined)
    if (response?.ok) return
    // Another collector, which passes the spans on, knows no /flush.
    if (response !== undefined && response.status !== 503) return await sleep(FRESH_MS)
    await sleep(RETRY_MS)
  }
}

/** What a socket says when the server is away, or went away before it answered. */
const UNAVAILABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])

/**
 * Repeats `work` while the server does not answer at all. Only for work that may be repeated after an unknown
 * outcome: reading, settling, and writing rows that replace themselves.
 */
export async function retryWhileUnavailable<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + MAX_UNAVAILABLE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isUnavailable = UNAVAILABLE.has(String((error as { code?: unknown }).code))
      if (!isUnavailable || performance.now() > deadline) throw error
      await sleep(RETRY_MS)
    }
  }
}

function baseOf({ endpoint }: CollectorAccess): string {
  return endpoint.replace(/\/+$/, '')
}

function headersOf({ apiKey }: CollectorAccess): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
}
