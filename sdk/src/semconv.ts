/**
 * The attribute names that Weir writes and reads, vendored because the GenAI conventions still move.
 * Pinned: OpenTelemetry semantic conventions 1.37 (GenAI, development), OpenInference 0.1.
 */

/** Our own namespace. */
export const WEIR_KIND = 'weir.kind'
export const WEIR_RUN_ID = 'weir.run.id'
export const WEIR_RUN_PARENT_ID = 'weir.run.parent_id'
export const WEIR_RUN_STATUS = 'weir.run.status'
export const WEIR_RUN_METADATA = 'weir.run.metadata'
/** On a flow that ended: executions of steps that its run recorded. */
export const WEIR_RUN_STEPS = 'weir.run.steps'
export const WEIR_FLOW_NAME = 'weir.flow.name'
export const WEIR_FLOW_VERSION = 'weir.flow.version'
export const WEIR_STEP_NAME = 'weir.step.name'
/** Occurrence of the label within its run, 0..n. */
export const WEIR_STEP_INDEX = 'weir.step.index'
/** On an attempt: which try it is, 1..n. */
export const WEIR_STEP_ATTEMPT = 'weir.step.attempt'
/** Tries made, 1..n. */
export const WEIR_STEP_ATTEMPTS = 'weir.step.attempts'
/** True when the fallback gave the step's output. */
export const WEIR_STEP_FALLBACK = 'weir.step.fallback'
/** The identity that the application gave to this execution of the step. */
export const WEIR_STEP_KEY = 'weir.step.key'
/** Characters that the recorded input or output had before it was cut, of JSON an estimate; 0 or not there: it is whole. */
export const WEIR_INPUT_LENGTH = 'weir.input.length'
export const WEIR_OUTPUT_LENGTH = 'weir.output.length'
export const WEIR_SESSION_ID = 'weir.session.id'
export const WEIR_EXPERIMENT_ID = 'weir.experiment.id'
export const WEIR_CASE_ID = 'weir.case.id'
/** Repeat of the case, 0..n. */
export const WEIR_TRIAL = 'weir.trial'

/** OpenTelemetry general and resource names. */
export const SERVICE_NAME = 'service.name'
export const SERVICE_VERSION = 'service.version'
export const DEPLOYMENT_ENVIRONMENT_NAME = 'deployment.environment.name'
export const VCS_REF_HEAD_REVISION = 'vcs.ref.head.revision'
export const SESSION_ID = 'session.id'
export const USER_ID = 'user.id'
export const ERROR_TYPE = 'error.type'

/** OpenTelemetry GenAI names. */
export const GEN_AI_OPERATION_NAME = 'gen_ai.operation.name'
export const GEN_AI_WORKFLOW_NAME = 'gen_ai.workflow.name'
export const GEN_AI_PROVIDER_NAME = 'gen_ai.provider.name'
export const GEN_AI_CONVERSATION_ID = 'gen_ai.conversation.id'
export const GEN_AI_REQUEST_MODEL = 'gen_ai.request.model'
export const GEN_AI_RESPONSE_MODEL = 'gen_ai.response.model'
/** Seconds from the start of the span. */
export const GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK = 'gen_ai.response.time_to_first_chunk'
export const GEN_AI_TOOL_NAME = 'gen_ai.tool.name'
export const GEN_AI_USAGE_INPUT_TOKENS = 'gen_ai.usage.input_tokens'
export const GEN_AI_USAGE_OUTPUT_TOKENS = 'gen_ai.usage.output_tokens'
export const GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS = 'gen_ai.usage.cache_read.input_tokens'
export const GEN_AI_USAGE_REASONING_OUTPUT_TOKENS = 'gen_ai.usage.reasoning.output_tokens'
export const GEN_AI_USAGE_COST = 'gen_ai.usage.cost'

/** The exception event and its attributes. */
export const EXCEPTION_EVENT = 'exception'
export const EXCEPTION_TYPE = 'exception.type'
export const EXCEPTION_MESSAGE = 'exception.message'
export const EXCEPTION_STACKTRACE = 'exception.stacktrace'

/** OpenInference names. */
export const OPENINFERENCE_SPAN_KIND = 'openinference.span.kind'
export const INPUT_VALUE = 'input.value'
export const INPUT_MIME_TYPE = 'input.mime_type'
export const OUTPUT_VALUE = 'output.value'
export const OUTPUT_MIME_TYPE = 'output.mime_type'

/** Kinds of a span, the values of {@link WEIR_KIND}. */
export const SPAN_KINDS = [
  'flow',
  'step',
  'attempt',
  'model',
  'tool',
  'agent',
  'retriever',
  'embedder',
  'reranker',
  'prompt',
  'guardrail',
  'evaluator',
  'span',
] as const
export type SpanKind = (typeof SPAN_KINDS)[number]
