import type { SpanProcessor } from '@opentelemetry/sdk-trace'

/** What became of the spans since the last flush. */
export interface FlushResult {
  readonly exported: number
  /** Dropped because the queue was full, or refused by the collector. */
  readonly lost: number
  /** Not delivered when the time was up; they are tried again. */
  readonly pending: number
  /** Why the last export failed, if one did. */
  readonly reason?: string
}

/** The way of spans out of the process. */
export interface Delivery extends SpanProcessor {
  /** Spans not delivered yet. */
  readonly size: number
  /** Spans taken so far. */
  readonly accepted: number
  /** Sends what waits, once. Never rejects. */
  send(): Promise<void>
  /** Sends what waits; tries again until the time (milliseconds) is up. Never rejects. */
  flush(timeout: number): Promise<FlushResult>
}

/** Resolves with the work or when the time is up. */
export async function within(milliseconds: number, work?: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(milliseconds, 0))
  })
  await Promise.race(work === undefined ? [timeUp] : [work, timeUp])
  clearTimeout(timer)
}
