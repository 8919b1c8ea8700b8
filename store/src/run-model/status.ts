import type { Status } from './run.ts'

/** Milliseconds after its last span at which a run without an end counts as expired. */
export const EXPIRY_MS = 600_000

/** Milliseconds that two clocks of one cluster may differ. */
export const CLOCKS_DIFFER_MS = 10_000

/** A time that is still to come was before the clock was set back: nobody knows how long ago that was. */
export function hasExpired(lastReceivedMs: number, nowMs: number): boolean {
  return lastReceivedMs <= nowMs - EXPIRY_MS || lastReceivedMs > nowMs + CLOCKS_DIFFER_MS
}

/** What has not ended is running, or has expired with its run. */
export function statusOf(said: string, { ended, expired }: { ended: boolean; expired: boolean }): Status {
  if (!ended) return expired ? 'expired' : 'running'
  return said === '' || said === 'running' ? 'ok' : (said as Status)
}
