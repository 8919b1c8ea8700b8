import type { Attributes } from '@opentelemetry/api'
import {
  GEN_AI_OPERATION_NAME,
  GEN_AI_WORKFLOW_NAME,
  OPENINFERENCE_SPAN_KIND,
  WEIR_FLOW_NAME,
  WEIR_FLOW_VERSION,
  WEIR_KIND,
  WEIR_RUN_ID,
  WEIR_RUN_METADATA,
  WEIR_RUN_PARENT_ID,
} from '../semconv.ts'
import type { RecordedSpan } from '../spans/span.ts'
import { redacted, redactedText, type Subject } from '../values/capture.ts'
import { serialise } from '../values/serialise.ts'
import type { FlowDefinition } from './flow-definition.ts'
import type { RunOptions } from './run-options.ts'
import { describeOrigin, type RunState } from './run-state.ts'

/** Characters. */
const MAX_METADATA = 16_384

export function describeFlow(flow: FlowDefinition): Attributes {
  const attributes: Attributes = {
    [WEIR_KIND]: 'flow',
    [WEIR_FLOW_NAME]: flow.name,
    [GEN_AI_OPERATION_NAME]: 'invoke_workflow',
    [GEN_AI_WORKFLOW_NAME]: flow.name,
    [OPENINFERENCE_SPAN_KIND]: 'CHAIN',
  }
  if (flow.version !== undefined) attributes[WEIR_FLOW_VERSION] = flow.version
  return attributes
}

/** What is known only once the span has its trace id. */
export function describeRun(
  span: RecordedSpan,
  outer: RunState | undefined,
  options: RunOptions,
  subject: Subject,
): void {
  const run = subject.scope.run as RunState
  span.set(WEIR_RUN_ID, run.runId)
  if (outer !== undefined) span.set(WEIR_RUN_PARENT_ID, outer.runId)
  for (const [key, value] of Object.entries(describeOrigin(redactedOrigin(run, subject))))
    span.set(key, value!)
  const metadata = serialise(redacted('metadata', subject, options.metadata), MAX_METADATA)
  if (metadata !== undefined) span.set(WEIR_RUN_METADATA, metadata.text)
}

function redactedOrigin(run: RunState, subject: Subject): RunState {
  const { session, user } = run
  return {
    ...run,
    session: session === undefined ? undefined : redactedText('session', subject, session),
    user: user === undefined ? undefined : redactedText('user', subject, user),
  }
}
