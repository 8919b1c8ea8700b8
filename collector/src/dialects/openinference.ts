import type { Dialect } from './dialect.ts'

/** OpenInference (github.com/Arize-ai/openinference/tree/main/spec). */
export const openinference: Dialect = {
  name: 'openinference',
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
    'llm.model_name': [{ field: 'model' }, { field: 'kind', is: 'model' }],
    'llm.provider': [{ field: 'provider' }],
    'llm.token_count.prompt': [{ field: 'inputTokens' }],
    'llm.token_count.completion': [{ field: 'outputTokens' }],
    'llm.token_count.prompt_details.cache_read': [{ field: 'cachedInputTokens' }],
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
