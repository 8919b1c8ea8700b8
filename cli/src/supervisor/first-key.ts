import { setTimeout as sleep } from 'node:timers/promises'
import { listApiKeys } from '@weir/store/keys'
import type { Config } from '../config.ts'
import { openStore } from '../open-store.ts'

/** A collector that has just started reads the keys within a fraction of this. */
const TIMEOUT_MS = 3_000

const FIRST_KEY =
  'This address is open to others, so spans are taken with an API key only. Make the first one: weir keys create'
const ALL_REVOKED =
  'All API keys are revoked, so no spans are taken. Make one: weir keys create; or, on loopback, need none: weir keys open'

/** What to do where the collector takes spans with a key only and no key is valid; undefined where spans are taken. */
export async function adviceOnKeys(config: Config): Promise<string | undefined> {
  if ((await answerWithoutKey(config.endpoint)) !== 401) return undefined
  const store = await openStore(config)
  try {
    const keys = await listApiKeys(store)
    if (keys.some(({ revoked }) => !revoked)) return undefined
    return keys.length === 0 ? FIRST_KEY : ALL_REVOKED
  } finally {
    await store.close()
  }
}

async function answerWithoutKey(endpoint: string): Promise<number> {
  for (const deadline = performance.now() + TIMEOUT_MS; ; await sleep(100)) {
    const { status } = await fetch(`${endpoint.replace(/\/+$/, '')}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (status !== 503 || performance.now() > deadline) return status
  }
}
