import type { Dialect } from './dialect.ts'

const CACHED = ['input_token_details.cache_read']
const REASONING = ['output_token_details.reasoning']

/** LangSmith's SDKs in their OpenTelemetry mode (docs.langchain.com/langsmith/trace-with-opentelemetry). */
export const langsmith: Dialect = {
  attributes: {
    'langsmith.span.kind': [
      {
        field: 'kind',
        values: {
          llm: 'model',
          chain: 'step',
          parser: 'step',
          tool: 'tool',
          retriever: 'retriever',
          embedding: 'embedder',
          prompt: 'prompt',
        },
      },
      { field: 'stepRole', values: { chain: 'chain', parser: 'chain' } },
      // JavaScript records the exception and says that the span succeeded.
      { field: 'exception', is: 'error' },
    ],
    'langsmith.trace.session_id': [{ field: 'session' }],
    'langsmith.metadata.session_id': [{ field: 'session' }],
    'langsmith.metadata.thread_id': [{ field: 'session' }],
    'langsmith.metadata.conversation_id': [{ field: 'session' }],
    'langsmith.metadata.ls_provider': [{ field: 'provider' }],
    'langsmith.metadata.user_id': [{ field: 'user' }],
    'langsmith.metadata.langgraph_node': [
      { field: 'graphNode' },
      { field: 'stepRole', values: { __start__: 'none' } },
    ],
    'gen_ai.usage.input_token_details': [{ field: 'cachedInputTokens', json: ['cache_read'] }],
    'gen_ai.usage.output_token_details': [{ field: 'reasoningTokens', json: ['reasoning'] }],
    'langsmith.usage_metadata': [
      { field: 'cachedInputTokens', json: CACHED },
      { field: 'reasoningTokens', json: REASONING },
    ],
    'langsmith.metadata.usage_metadata': [
      { field: 'cachedInputTokens', json: CACHED },
      { field: 'reasoningTokens', json: REASONING },
    ],
  },
}
