import { setTimeout as sleep } from 'node:timers/promises'

/** How long a ClickHouse that was there may be away: a restart takes a second or two. */
const PATIENCE_MS = 30_000
const PAUSE_MS = 250

/** What a socket says when the server is away, or went away before it answered. */
const AWAY = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])

/**
 * Repeats `work` while the server does not answer at all. Only for work that may be repeated after an unknown
 * outcome: reading, settling, and writing rows that replace themselves.
 */
export async function whileAway<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!AWAY.has(String((error as { code?: unknown }).code)) || performance.now() > deadline) throw error
      await sleep(PAUSE_MS)
    }
  }
}
