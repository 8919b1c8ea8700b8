import { setTimeout as sleep } from 'node:timers/promises'
import { listApiKeys } from '@weir/store'
import type { Config } from '../config.ts'
import { openStore } from '../open-store.ts'

/** A collector that has just started reads the keys within a fraction of this. */
const PATIENCE_MS = 3_000

/** True where the collector takes spans with a key only, as it does on open addresses, and nobody has made one yet. */
export async function needsFirstKey(config: Config): Promise<boolean> {
  if ((await answerWithoutKey(config.endpoint)) !== 401) return false
  const store = await openStore(config)
  try {
    return (await listApiKeys(store)).every(({ revoked }) => revoked)
  } finally {
    await store.close()
  }
}

async function answerWithoutKey(endpoint: string): Promise<number> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await sleep(100)) {
    const { status } = await fetch(`${endpoint.replace(/\/+$/, '')}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (status !== 503 || performance.now() > deadline) return status
  }
}
