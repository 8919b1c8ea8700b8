import type { Delivery } from './delivery/delivery.ts'
import { processWide } from './process-wide.ts'
import type { Resource } from './spans/span.ts'
import { type Capture, DEFAULT_CAPTURE } from './values/capture-settings.ts'

/** What `init` set up. */
export interface Runtime {
  readonly capture: Capture
  readonly resource: Resource
  /** What of it was given as options: it counts before an application's own. */
  readonly resourceOptions: Readonly<Record<string, string>>
  /** The way of spans to Weir; absent when nothing is sent. */
  readonly delivery: Delivery | undefined
  /** The application's provider has our processor, so the spans that it makes reach Weir too. */
  readonly attached: boolean
  /** Our spans are also made by the application's provider, if it has one. */
  readonly mirrored: boolean
  /** What frameworks trace of every request is a run, too. */
  readonly frameworks: boolean
  /** Waits until the spans of a run that ended are delivered, or hands the waiting to the platform. */
  readonly deliverRun: (() => Promise<unknown> | undefined) | undefined
  /** Called before the first span: takes OpenTelemetry's globals that nobody else took. */
  readonly beforeFirstSpan: () => void
  readonly shutdown: () => Promise<void>
}

/** `current` is undefined before `init` and after `shutdown`. */
export const runtime: { current: Runtime | undefined } = processWide('runtime.2', () => ({
  current: undefined,
}))

export function currentCapture(): Capture {
  return runtime.current?.capture ?? DEFAULT_CAPTURE
}
