import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  type Span,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { describeOrigin } from '../flow/run-state.ts'
import { runtime } from '../runtime.ts'
import { WEIR_RUN_PARENT_ID } from '../semconv.ts'
import { newSpanId, newTraceId, validOnly } from '../spans/ids.ts'
import { currentScope } from '../spans/scope.ts'
import { RecordedSpan } from '../spans/span.ts'
import { applicationTracer, OURS } from './application.ts'
import { isSuppressed } from './suppression.ts'

/** Frameworks that trace what they do for every request: outside a run that is no run. */
const FRAMEWORKS = new Set(['next.js'])

/** Makes the spans of instrumented libraries where the application has no provider. */
export class LibraryTracerProvider implements TracerProvider {
  getTracer(name: string, version?: string): Tracer {
    return new LibraryTracer(name, version)
  }
}

class LibraryTracer implements Tracer {
  readonly [OURS] = true
  readonly #name: string
  readonly #version: string | undefined

  constructor(name: string, version: string | undefined) {
    this.#name = name
    this.#version = version
  }

  startSpan(name: string, options: SpanOptions = {}, around: Context = context.active()): Span {
    runtime.current?.beforeFirstSpan()
    // The application's provider came after a library took this tracer.
    const theirs = applicationTracer(this.#name, this.#version)
    if (theirs !== undefined) return theirs.startSpan(name, options, around)
    const parent = options.root === true ? undefined : validOnly(trace.getSpanContext(around))
    const { run } = currentScope()
    const { current } = runtime
    if (
      current?.delivery === undefined ||
      isSuppressed(around) ||
      (run === undefined && FRAMEWORKS.has(this.#name) && !current.frameworks)
    ) {
      return trace.wrapSpanContext(parent ?? INVALID_SPAN_CONTEXT)
    }
    const span = new RecordedSpan({
      name,
      kind: options.kind,
      startTime: options.startTime,
      links: options.links,
      spanContext: {
        traceId: parent?.traceId ?? newTraceId(),
        spanId: newSpanId(),
        traceFlags: TraceFlags.SAMPLED,
      },
      parentSpanContext: parent,
      attributes: {},
      instrumentationScope: {
        name: this.#name,
        ...(this.#version === undefined ? {} : { version: this.#version }),
      },
    })
    if (options.attributes !== undefined) span.setAttributes(options.attributes)
    joinRun(span)
    return span
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    const fn = rest.pop() as F
    const [options, around = context.active()] = rest as [SpanOptions?, Context?]
    const span = this.startSpan(name, options, around)
    return context.with(trace.setSpan(around, span), () => fn(span) as ReturnType<F>)
  }
}

/** A span as the SDKs of version 2, and of version 1, start it. */
type StartedSpan = Span & { readonly parentSpanContext?: object | undefined; readonly parentSpanId?: string }

/**
 * A trace that another library starts inside a run belongs to it: Genkit's flows, for one, are roots wherever they are called.
 * The run of that trace is a child of ours then, of the same experiment, session and user.
 */
export function joinRun(span: StartedSpan): void {
  if (span.parentSpanContext !== undefined || span.parentSpanId !== undefined) return
  const { run } = currentScope()
  if (run === undefined) return
  span.setAttribute(WEIR_RUN_PARENT_ID, run.runId)
  span.setAttributes(describeOrigin(run))
}
