import { setTimeout as sleep } from 'node:timers/promises'

/** Where spans are sent, and the key that they are sent with. */
export interface CollectorAccess {
  readonly endpoint: string
  readonly apiKey?: string | undefined
}

const PATIENCE_MS = 30_000
const PAUSE_MS = 250
/** Within which a collector makes spans queryable that it has acknowledged. */
const FRESH_MS = 2_000

/**
 * Resolves once what the collector has acknowledged can be queried: it acknowledges spans before ClickHouse has them,
 * and a run that is read too early may lack some of its steps. Gives up after a while, when what is missing shows.
 */
export async function untilQueryable({ endpoint, apiKey }: CollectorAccess): Promise<void> {
  const url = `${endpoint.replace(/\/+$/, '')}/flush`
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const response = await fetch(url, { method: 'POST', headers, signal }).catch(() => undefined)
    await response?.arrayBuffer().catch(() => undefined)
    if (response?.ok) return
    // What is sent to another collector comes here through it.
    if (response !== undefined && response.status !== 503) return await sleep(FRESH_MS)
    await sleep(PAUSE_MS)
  }
}
