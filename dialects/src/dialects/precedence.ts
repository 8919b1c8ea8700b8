/**
 * The canonical fields of a span, and which key decides each of them: the first that is there and says something. Every key of every dialect is in here exactly
 * once per field that it speaks for; compiling the dialects checks it. `<name>.*` is a family of indexed keys,
 * `event:<name>` a span event.
 */
export const PRECEDENCE = {
  kind: [
    'weir.kind',
    'openinference.span.kind',
    'gen_ai.operation.name',
    'genkit:metadata:subtype',
    'genkit:type',
    'gen_ai.tool.name',
    'gen_ai.response.model',
    'gen_ai.request.model',
    'llm.model_name',
  ],
  name: [
    'weir.step.name',
    'weir.flow.name',
    'gen_ai.workflow.name',
    'gen_ai.agent.name',
    'gen_ai.tool.name',
    'tool.name',
    'genkit:name',
  ],
  flow: ['weir.flow.name', 'gen_ai.workflow.name', 'genkit:path'],
  runId: ['weir.run.id'],
  parentRunId: ['weir.run.parent_id'],
  declaredStatus: ['weir.run.status'],
  status: ['genkit:state', 'genkit:output'],
  session: [
    'weir.session.id',
    'session.id',
    'gen_ai.conversation.id',
    'genkit:metadata:agent:sessionId',
    'genkit:sessionId',
    'ai.telemetry.metadata.sessionId',
    'ai.telemetry.metadata.conversationId',
  ],
  user: ['user.id', 'enduser.id', 'ai.telemetry.metadata.userId'],
  experiment: ['weir.experiment.id'],
  case: ['weir.case.id'],
  trial: ['weir.trial'],
  stepIndex: ['weir.step.index'],
  stepAttempts: ['weir.step.attempts'],
  stepFallback: ['weir.step.fallback'],
  input: [
    'input.value',
    'gen_ai.input.messages',
    'gen_ai.tool.call.arguments',
    'gen_ai.retrieval.query.text',
    'genkit:input',
    'llm.input_messages.*',
    'gen_ai.prompt',
    'gen_ai.prompt.*',
    'event:gen_ai.system.message',
    'event:gen_ai.user.message',
    'event:gen_ai.assistant.message',
    'event:gen_ai.tool.message',
  ],
  output: [
    'output.value',
    'gen_ai.output.messages',
    'gen_ai.tool.call.result',
    'gen_ai.retrieval.documents',
    'genkit:output',
    'llm.output_messages.*',
    'gen_ai.completion',
    'gen_ai.completion.*',
    'event:gen_ai.choice',
  ],
  inputFormat: ['input.mime_type'],
  outputFormat: ['output.mime_type'],
  inputLength: ['weir.input.length'],
  outputLength: ['weir.output.length'],
  metadata: ['weir.run.metadata'],
  model: ['gen_ai.response.model', 'gen_ai.request.model', 'llm.model_name', 'genkit:name'],
  provider: ['gen_ai.provider.name', 'gen_ai.system', 'llm.provider'],
  inputTokens: [
    'gen_ai.usage.input_tokens',
    'llm.token_count.prompt',
    'gen_ai.usage.prompt_tokens',
    'genkit:output',
  ],
  outputTokens: [
    'gen_ai.usage.output_tokens',
    'llm.token_count.completion',
    'gen_ai.usage.completion_tokens',
    'genkit:output',
  ],
  cachedInputTokens: [
    'gen_ai.usage.cache_read.input_tokens',
    'llm.token_count.prompt_details.cache_read',
    'genkit:output',
  ],
  reasoningTokens: [
    'gen_ai.usage.reasoning.output_tokens',
    'gen_ai.usage.reasoning_tokens',
    'llm.token_count.completion_details.reasoning',
    'genkit:output',
  ],
  cost: ['gen_ai.usage.cost.amount', 'gen_ai.usage.cost', 'llm.cost.total', 'operation.cost'],
  timeToFirstToken: ['gen_ai.response.time_to_first_chunk'],
  errorType: ['error.type', 'genkit:output'],
  errorMessage: ['genkit:output', 'error.message'],
  service: ['service.name'],
  version: [
    'weir.flow.version',
    'service.version',
    'vcs.ref.head.revision',
    'vcs.repository.ref.revision',
    'deployment.id',
  ],
  environment: ['deployment.environment.name', 'deployment.environment'],
} as const

export type Field = keyof typeof PRECEDENCE

export type Precedence = Readonly<Record<Field, readonly string[]>>

export const FIELDS: readonly Field[] = Object.keys(PRECEDENCE) as Field[]

/** Fields that may also be said once for all spans of a resource; a span's own key of the same rank wins. */
export const RESOURCE_FIELDS: readonly Field[] = [
  'session',
  'user',
  'experiment',
  'case',
  'trial',
  'service',
  'version',
  'environment',
]
