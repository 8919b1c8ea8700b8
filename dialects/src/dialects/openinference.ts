import type { Dialect, Format } from './dialect.ts'

/** What a mime type says of a text: named first, since reading costs more. */
const MIME_TYPE = {
  values: { 'application/json': 'json', 'text/plain': 'text' },
  read: formatOfMimeType,
} as const

/** OpenInference (github.com/Arize-ai/openinference/tree/main/spec). */
export const openinference: Dialect = {
  attributes: {
    'openinference.span.kind': [
      {
        field: 'kind',
        values: {
          LLM: 'model',
          CHAIN: 'step',
          TOOL: 'tool',
          RETRIEVER: 'retriever',
          RERANKER: 'reranker',
          EMBEDDING: 'embedder',
          AGENT: 'agent',
          GUARDRAIL: 'guardrail',
          EVALUATOR: 'evaluator',
          PROMPT: 'prompt',
        },
      },
    ],
    'tool.name': [{ field: 'name', when: ['tool'] }],
    'input.value': [{ field: 'input' }],
    'output.value': [{ field: 'output' }],
    'input.mime_type': [{ field: 'inputFormat', ...MIME_TYPE }],
    'output.mime_type': [{ field: 'outputFormat', ...MIME_TYPE }],
    'llm.model_name': [{ field: 'model' }, { field: 'kind', is: 'model' }],
    'llm.provider': [{ field: 'provider' }],
    'llm.token_count.prompt': [{ field: 'inputTokens' }],
    'llm.token_count.completion': [{ field: 'outputTokens' }],
    'llm.token_count.prompt_details.cache_read': [{ field: 'cachedInputTokens' }],
    'llm.token_count.prompt_details.cache_write': [{ field: 'cacheWriteTokens' }],
    'llm.token_count.completion_details.reasoning': [{ field: 'reasoningTokens' }],
    'llm.cost.total': [{ field: 'cost' }],
    // Its span processor for the Vercel AI SDK leaves session and user in that SDK's keys.
    'ai.telemetry.metadata.sessionId': [{ field: 'session' }],
    'ai.telemetry.metadata.conversationId': [{ field: 'session' }],
    'ai.telemetry.metadata.userId': [{ field: 'user' }],
  },
  families: {
    'llm.input_messages': { field: 'input', unwrap: 'message' },
    'llm.output_messages': { field: 'output', unwrap: 'message' },
  },
}

/** Parameters may follow the type. */
function formatOfMimeType(type: string): Format {
  return /^application\/json\b/i.test(type) ? 'json' : 'text'
}
