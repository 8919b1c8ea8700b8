import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError } from '@weir/config'
import type { Store } from './store.ts'

/** ClickHouse did not even answer a ping in time. */
export class StoreSilentError extends InfrastructureError {
  override readonly code = 'STORE_SILENT'
}

/** `/ping` needs no password, and `fetch` takes no URL that has one. */
export function pingUrl(clickhouseUrl: string): string {
  const url = new URL('/ping', clickhouseUrl)
  url.username = ''
  url.password = ''
  return url.href
}

/** Milliseconds between an answer and the next ping. */
const PERIOD_MS = 500

/**
 * Reads while ClickHouse answers pings: a slow query goes on for as long as it may, a server that is frozen or gone is
 * named within `timeoutMs` and half a second. Queries of the store that `read` gets end with it.
 * @throws StoreSilentError
 */
export async function whileAnswering<T>(
  store: Store,
  read: (store: Store) => Promise<T>,
  timeoutMs: number,
): Promise<T> {
  const ended = new AbortController()
  try {
    const reading = read({ ...store, signal: ended.signal })
    return await Promise.race([reading, silence(store.url, timeoutMs, ended.signal)])
  } finally {
    ended.abort()
  }
}

/** Rejects when a ping is not answered in time. One that fails at once tells nothing that the reading does not tell better. */
async function silence(url: string, timeoutMs: number, ended: AbortSignal): Promise<never> {
  for (;;) {
    const late = AbortSignal.timeout(timeoutMs)
    try {
      const answer = await fetch(pingUrl(url), { cache: 'no-store', signal: AbortSignal.any([ended, late]) })
      await answer.body?.cancel()
    } catch (cause) {
      if (late.aborted) {
        const place = new URL(url).origin
        throw new StoreSilentError(`no answer from ${place} within ${timeoutMs / 1000} s`, { cause })
      }
    }
    await sleep(PERIOD_MS, undefined, { signal: ended })
  }
}
