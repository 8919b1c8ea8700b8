import type { ReadableSpan, RecordedSpan } from '../spans/span.ts'

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
export interface Delivery {
  /** Spans not delivered yet. */
  readonly size: number
  /** Spans taken so far. */
  readonly accepted: number
  onStart(span: RecordedSpan): void
  onEnd(span: ReadableSpan): void
  /** Sends what waits, once. Never rejects. */
  send(): Promise<void>
  /** Sends what waits; tries again until the time (milliseconds) is up. Never rejects. */
  flush(timeout: number): Promise<FlushResult>
  /** Sends what waits while the process ends, when nothing can be waited for any more. */
  sendAtExit(): void
  shutdown(): Promise<void>
}

/** Resolves with the work or when the time is up. */
export async function within(milliseconds: number, work?: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(milliseconds, 0))
  })
  await Promise.race(work === undefined ? [timeUp] : [work, timeUp])
  clearTimeout(timer)
}
