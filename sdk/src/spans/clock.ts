import type { HrTime, TimeInput } from '@opentelemetry/api'

/** Milliseconds that the wall clock may move against the monotonic one before it is followed. */
const DRIFT = 2
/** Milliseconds between two looks at the wall clock. */
const LOOK_EVERY = 100

/** Milliseconds since 1970 at the monotonic clock's zero. */
let origin = Date.now() - performance.now()
let looked = performance.now()

/** Milliseconds since 1970 of a time of `performance.now()`: in the resolution of the monotonic clock, for the order of quick steps. */
export function sinceEpoch(monotonic: number): number {
  if (monotonic - looked > LOOK_EVERY) followWallClock()
  return origin + monotonic
}

/** The wall clock was set, or the machine slept. A look that was interrupted says nothing. */
function followWallClock(): void {
  const before = performance.now()
  const drift = Date.now() - (origin + before)
  looked = performance.now()
  if (looked - before < 1 && Math.abs(drift) > DRIFT) origin += drift
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
