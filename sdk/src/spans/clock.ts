import type { HrTime, TimeInput } from '@opentelemetry/api'
import { processWide } from '../process-wide.ts'

/** Milliseconds that the wall clock may move against the monotonic one before it is followed. */
const DRIFT = 2
/** Milliseconds between two looks at the wall clock. */
const LOOK_EVERY = 100

/** Milliseconds since 1970 that OTLP can write, in 64 bits of nanoseconds. */
const MAX_TIME = 2 ** 64 / 1e6

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

/** Milliseconds since 1970 of a time in any form that OpenTelemetry takes; now, of what is no time. */
export function toMilliseconds(time: TimeInput): number {
  if (isHrTime(time)) return time[0] * 1000 + time[1] / 1e6
  const given = time instanceof Date ? time.getTime() : typeof time === 'number' ? time : Number.NaN
  if (!(given >= 0 && given < MAX_TIME)) return sinceEpoch(performance.now())
  // A number that is too small for a time since 1970 is monotonic.
  return typeof time === 'number' && given <= performance.now() ? sinceEpoch(given) : given
}

/** A given time as OpenTelemetry writes it. One that is written so keeps its nanoseconds, which a number of milliseconds has not. */
export function exactTime(time: TimeInput): HrTime {
  return isHrTime(time) ? time : toHrTime(toMilliseconds(time))
}

function isHrTime(time: TimeInput): time is HrTime {
  if (!Array.isArray(time)) return false
  const [seconds, nanoseconds] = time
  return isWithin(seconds, MAX_TIME / 1e3) && isWithin(nanoseconds, 1e9)
}

function isWithin(part: unknown, end: number): boolean {
  return Number.isSafeInteger(part) && (part as number) >= 0 && (part as number) < end
}

export function isBefore(a: HrTime, b: HrTime): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
}
