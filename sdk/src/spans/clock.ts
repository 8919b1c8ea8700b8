import type { HrTime, TimeInput } from '@opentelemetry/api'
import { processWide } from '../process-wide.ts'

/** Milliseconds that the wall clock may move against the monotonic one before it is followed. */
const DRIFT = 2
/** Milliseconds between two looks at the wall clock. */
const LOOK_EVERY = 100

/** One clock per process: a span of another copy of this package must not begin before its parent. */
const clock = processWide('clock', () => ({
  /** Milliseconds since 1970 at the monotonic clock's zero. */
  origin: Date.now() - performance.now(),
  looked: performance.now(),
}))

/** Milliseconds since 1970 of a time of `performance.now()`: in the resolution of the monotonic clock, for the order of quick steps. */
export function sinceEpoch(monotonic: number): number {
  if (monotonic - clock.looked > LOOK_EVERY) followWallClock()
  return clock.origin + monotonic
}

/** The wall clock was set, or the machine slept. A look that was interrupted says nothing. */
function followWallClock(): void {
  const before = performance.now()
  const drift = Date.now() - (clock.origin + before)
  clock.looked = performance.now()
  if (clock.looked - before < 1 && Math.abs(drift) > DRIFT) clock.origin += drift
}

/** Milliseconds since 1970 as OpenTelemetry writes a time: seconds and nanoseconds. */
export function toHrTime(milliseconds: number): HrTime {
  const seconds = Math.trunc(milliseconds / 1000)
  return [seconds, Math.floor((milliseconds - seconds * 1000) * 1e6)]
}

/** Milliseconds since 1970 of a time in any form that OpenTelemetry takes; a number that is too small for one is monotonic. */
export function toMilliseconds(time: TimeInput): number {
  if (Array.isArray(time)) return time[0] * 1000 + time[1] / 1e6
  if (time instanceof Date) return time.getTime()
  return time <= performance.now() ? sinceEpoch(time) : time
}
