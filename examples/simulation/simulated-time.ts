import { type Context, context, createContextKey, type HrTime } from '@opentelemetry/api'

/**
 * The demo's clock. Real spans of real runs, which were made `speed` times faster than they would be, are given
 * the times they would have had: each trace starts at a chosen moment of the last day and is stretched by `speed`.
 */
interface Timeline {
  readonly startMs: number
  readonly speed: number
  /** Real start of the trace's first span. */
  originNs?: bigint
}

const TIMELINE = createContextKey('simulated timeline')

/** Runs `fn`; the traces that it starts begin at `startMs` (milliseconds since 1970) in the record. */
export function atSimulatedTime<T>(startMs: number, speed: number, fn: () => T): T {
  const timeline: Timeline = { startMs, speed }
  return context.with(context.active().setValue(TIMELINE, timeline), fn)
}

/** The part of a finished span that changes; versions 1 and 2 of the OpenTelemetry SDK agree on it. */
export interface TimedSpan {
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly duration: HrTime
  readonly events: readonly { readonly time: HrTime }[]
}

/** The part of a span processor that both versions of the SDK share. */
export interface Processor<Started, Ended extends TimedSpan> {
  onStart(span: Started, parent: Context): void
  onEnd(span: Ended): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/** Puts the spans of {@link atSimulatedTime} on their timeline before `inner` sees them; passes others through. */
export function withSimulatedTime<Started extends object, Ended extends TimedSpan>(
  inner: Processor<Started, Ended>,
): Processor<Started, Ended> {
  const timelines = new WeakMap<object, Timeline>()
  return {
    onStart(span, parent) {
      const timeline = parent.getValue(TIMELINE) as Timeline | undefined
      if (timeline !== undefined) {
        timeline.originNs ??= toNs((span as unknown as TimedSpan).startTime)
        timelines.set(span, timeline)
      }
      inner.onStart(span, parent)
    },
    onEnd(span) {
      const timeline = timelines.get(span)
      inner.onEnd(timeline === undefined ? span : stretched(span, timeline))
    },
    forceFlush: () => inner.forceFlush(),
    shutdown: () => inner.shutdown(),
  }
}

function stretched<S extends TimedSpan>(span: S, timeline: Timeline): S {
  const at = (time: HrTime) => toHrTime(simulatedNs(toNs(time), timeline))
  const startTime = at(span.startTime)
  const endTime = at(span.endTime)
  return Object.create(span, {
    startTime: { value: startTime },
    endTime: { value: endTime },
    duration: { value: toHrTime(toNs(endTime) - toNs(startTime)) },
    events: { value: span.events.map((event) => ({ ...event, time: at(event.time) })) },
  }) as S
}

function simulatedNs(realNs: bigint, { originNs = realNs, startMs, speed }: Timeline): bigint {
  return BigInt(Math.round(startMs)) * 1_000_000n + (realNs - originNs) * BigInt(speed)
}

function toNs([seconds, nanoseconds]: HrTime): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
}

function toHrTime(ns: bigint): HrTime {
  return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)]
}
