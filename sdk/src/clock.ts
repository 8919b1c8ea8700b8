import type { HrTime, Span } from '@opentelemetry/api'

/** Milliseconds that the wall clock may move against the monotonic one before it is followed. */
const DRIFT = 2
/** Milliseconds between two looks at the wall clock. */
const LOOK_EVERY = 100

/** Milliseconds since 1970 at the monotonic clock's zero. */
let origin = Date.now() - performance.now()
let looked = performance.now()

/** A span of OpenTelemetry's SDK: it ends at its start plus what the monotonic clock says since. */
interface SdkSpan {
  startTime?: HrTime
  readonly _performanceStartTime?: number
}

/**
 * OpenTelemetry starts spans on whole milliseconds, which leaves the order of quick steps open. This gives the start,
 * and so the end, the resolution of the monotonic clock; a span that is made otherwise stays as it is.
 */
export function refineStart(span: Span): void {
  const { startTime, _performanceStartTime: started } = span as SdkSpan
  if (!Array.isArray(startTime) || typeof started !== 'number') return
  if (started - looked > LOOK_EVERY) followWallClock()
  const time = origin + started
  const seconds = Math.trunc(time / 1000)
  ;(span as SdkSpan).startTime = [seconds, Math.floor((time - seconds * 1000) * 1e6)]
}

/** The wall clock was set, or the machine slept. A look that was interrupted says nothing. */
function followWallClock(): void {
  const before = performance.now()
  const drift = Date.now() - (origin + before)
  looked = performance.now()
  if (looked - before < 1 && Math.abs(drift) > DRIFT) origin += drift
}
