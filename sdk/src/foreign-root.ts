import type { Span } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { describeOrigin } from './run-state.ts'
import { currentScope } from './scope.ts'
import { WEIR_RUN_PARENT_ID } from './semconv.ts'

/**
 * A trace that another library starts inside a run belongs to it: Genkit's flows, for one, are roots wherever they are called.
 * The run of that trace is a child of ours then, of the same experiment, session and user.
 */
export function joinRun(span: Span & Partial<ReadableSpan>): void {
  if (span.parentSpanContext !== undefined) return
  const { run } = currentScope()
  if (run === undefined) return
  span.setAttribute(WEIR_RUN_PARENT_ID, run.runId)
  describeOrigin(span, run)
}
