import { type Span, type Tracer, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { type Capture, DEFAULT_CAPTURE } from './capture-settings.ts'
import type { Delivery } from './delivery.ts'
import { NAME, VERSION } from './version.ts'

/** What `init` set up. */
export interface Runtime {
  readonly tracer: Tracer
  /** Our own provider makes the spans: neither its sampler nor its processor looks at a span when it starts. */
  readonly ownProvider?: boolean
  readonly capture: Capture
  /** Gets each of our spans after it ended, where the application's provider made it. */
  readonly afterEnd?: (span: Span) => void
  /** Gets every span that the application's provider ended, where it has our processor. */
  readonly onForeignEnd?: (span: Span | ReadableSpan) => void
  /** What is on its way to Weir; absent when nothing is sent. */
  readonly delivery?: Delivery
  readonly shutdown: () => Promise<void>
}

/** One holder per process, even where two copies of this package are installed. */
const SLOT = Symbol.for('weir.sdk.runtime.1')
const shared = globalThis as { [SLOT]?: { current: Runtime | undefined } }
shared[SLOT] ??= { current: undefined }
const holder = shared[SLOT]

/** Undefined before `init` and after `shutdown`. */
export function initialised(): Runtime | undefined {
  return holder.current
}

export function setRuntime(runtime: Runtime | undefined): void {
  holder.current = runtime
}

/** Before `init`, spans go to the application's own provider, or nowhere. */
export function currentTracer(): Tracer {
  return holder.current?.tracer ?? trace.getTracer(NAME, VERSION)
}

export function currentCapture(): Capture {
  return holder.current?.capture ?? DEFAULT_CAPTURE
}
