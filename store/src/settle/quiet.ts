import { CLOCKS_DIFFER_MS } from '../run-model/status.ts'

/** The time of a pass: that of ClickHouse, as the receipts are, unless a test says otherwise. The worker's clock may be wrong. */
export const NOW = `ifNull({now:Nullable(DateTime64(3))}, now64(3, 'UTC'))`

/**
 * SQL: whether `time` was so many milliseconds ago. A time that is still to come was before the clock was set back: nobody
 * knows how long ago that was, and who waits until the clock comes there again waits for hours.
 */
export function isPast(time: string, milliseconds: string | number): string {
  return `(${time} <= ${NOW} - toIntervalMillisecond(${milliseconds})
      OR ${time} > ${NOW} + toIntervalMillisecond(${CLOCKS_DIFFER_MS}))`
}
