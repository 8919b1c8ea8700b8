import { type Attributes, type Context, isSpanContextValid, type Span, trace } from '@opentelemetry/api'
import { isCancellation } from './abort.ts'
import { capture } from './capture.ts'
import { expected, FlowValidationError } from './errors.ts'
import { recordFailure } from './record-error.ts'
import { describeOrigin, type ExperimentTrial, newRunId, type RunState } from './run-state.ts'
import type { Schema } from './schema.ts'
import { callBelow, currentScope, parentContext, type Scope } from './scope.ts'
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
  WEIR_RUN_STATUS,
} from './semconv.ts'
import { serialise } from './serialise.ts'
import { endSpan, setAttribute, startSpan } from './span.ts'

export interface RunOptions {
  /** The conversation or visit that the run belongs to; nested runs inherit it. */
  readonly session?: string
  /** Whom the run is for; nested runs inherit it. */
  readonly user?: string
  /** Anything worth searching for, recorded as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Identity of the run, for one that goes on in another process or to score it later. Default: a new one. */
  readonly runId?: string
  /** Set by evaluations; nested runs inherit it. */
  readonly experiment?: ExperimentTrial
}

export interface FlowDefinition {
  readonly name: string
  readonly version: string | undefined
  readonly input: Schema | undefined
  readonly output: Schema | undefined
  readonly handler: (input: unknown) => unknown
}

const MAX_METADATA = 16_384

/** One run of a flow: its span, its state for the steps, its input and output checked and recorded. */
export async function executeRun(
  flow: FlowDefinition,
  input: unknown,
  options: RunOptions = {},
): Promise<unknown> {
  checkOptions(options)
  const scope = currentScope()
  const parent = parentContext(scope)
  const span = startSpan(flow.name, flowAttributes(flow), parent)
  const run = newRun(flow, options, parent, scope, span)
  describeRun(span, run, scope.run, options)
  capture(span, 'input', 'flow', flow.name, input)
  try {
    const inside = { run, session: run.session }
    const output = await callBelow(span, parent, inside, executeHandler, flow, input, span)
    setAttribute(span, WEIR_RUN_STATUS, 'ok')
    return output
  } catch (error) {
    if (!isCancellation(error)) setAttribute(span, WEIR_RUN_STATUS, 'error')
    recordFailure(span, error)
    throw error
  } finally {
    endSpan(span)
  }
}

async function executeHandler(flow: FlowDefinition, input: unknown, span: Span): Promise<unknown> {
  const checked = flow.input === undefined ? input : await validate(flow.name, 'input', flow.input, input)
  const output = await flow.handler(checked)
  capture(span, 'output', 'flow', flow.name, output)
  return flow.output === undefined ? output : validate(flow.name, 'output', flow.output, output)
}

async function validate(
  flow: string,
  side: 'input' | 'output',
  schema: Schema,
  value: unknown,
): Promise<unknown> {
  const result = await schema['~standard'].validate(value)
  if (result.issues !== undefined) throw new FlowValidationError(flow, side, result.issues)
  return result.value
}

function checkOptions(options: RunOptions): void {
  if (typeof options !== 'object' || options === null) throw expected('run options', 'an object', options)
  for (const key of ['session', 'user', 'runId'] as const) {
    const value = options[key]
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw expected(key, 'a non-empty string', value)
    }
  }
}

function newRun(
  flow: FlowDefinition,
  options: RunOptions,
  parent: Context,
  { run: outer, session }: Scope,
  span: Span,
): RunState {
  return {
    runId: options.runId ?? (outer === undefined ? outermostRunId(parent, span) : newRunId()),
    flow: flow.name,
    session: options.session ?? session,
    user: options.user ?? outer?.user,
    experiment: options.experiment ?? outer?.experiment,
    occurrences: new Map(),
  }
}

/** The id of the trace if the run is all of it, so that the two can be found by each other. */
function outermostRunId(parent: Context, span: Span): string {
  const spanContext = span.spanContext()
  const alone = trace.getSpanContext(parent) === undefined && isSpanContextValid(spanContext)
  return alone ? spanContext.traceId : newRunId()
}

function flowAttributes(flow: FlowDefinition): Attributes {
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
function describeRun(span: Span, run: RunState, outer: RunState | undefined, options: RunOptions): void {
  setAttribute(span, WEIR_RUN_ID, run.runId)
  if (outer !== undefined) setAttribute(span, WEIR_RUN_PARENT_ID, outer.runId)
  describeOrigin(span, run)
  const metadata = serialise(options.metadata, MAX_METADATA)
  if (metadata !== undefined) setAttribute(span, WEIR_RUN_METADATA, metadata.text)
}
