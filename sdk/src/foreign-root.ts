import type { Span } from '@opentelemetry/api'
import { describeOrigin } from './run-state.ts'
import { currentScope } from './scope.ts'
import { WEIR_RUN_PARENT_ID } from './semconv.ts'
import { setAttribute } from './span.ts'

/** A span as the SDKs of version 2, and of version 1, start it. */
type StartedSpan = Span & { readonly parentSpanContext?: object; readonly parentSpanId?: string }

/**
 * A trace that another library starts inside a run belongs to it: Genkit's flows, for one, are roots wherever they are called.
 * The run of that trace is a child of ours then, of the same experiment, session and user.
 */
export function joinRun(span: StartedSpan): void {
  if (span.parentSpanContext !== undefined || span.parentSpanId !== undefined) return
  const { run } = currentScope()
  if (run === undefined) return
  setAttribute(span, WEIR_RUN_PARENT_ID, run.runId)
  describeOrigin(span, run)
}
