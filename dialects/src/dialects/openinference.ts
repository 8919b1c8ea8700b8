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
      { field: 'stepRole', values: { CHAIN: 'chain' } },
    ],
    'tool.name': [{ field: 'name', when: ['tool'] }],
    'agent.name': [{ field: 'name', when: ['agent'] }],
    'input.value': [{ field: 'input' }],
    'output.value': [{ field: 'output' }],
    'input.mime_type': [{ field: 'inputFormat', ...MIME_TYPE }],
    'output.mime_type': [{ field: 'outputFormat', ...MIME_TYPE }],
    'llm.model_name': [{ field: 'model' }, { field: 'kind', is: 'model' }],
    'embedding.model_name': [{ field: 'model' }, { field: 'kind', is: 'embedder' }],
    // The only place of the model on a call that failed.
    'llm.invocation_parameters': [
      { field: 'model', when: ['model', 'embedder'], json: ['model', 'model_name', 'model_id'] },
    ],
    'llm.provider': [{ field: 'provider' }],
    'llm.system': [{ field: 'provider' }],
    'llm.token_count.prompt': [{ field: 'inputTokens' }],
    'llm.token_count.completion': [{ field: 'outputTokens' }],
    'llm.token_count.prompt_details.cache_read': [{ field: 'cachedInputTokens' }],
    'llm.token_count.prompt_details.cache_write': [{ field: 'cacheWriteTokens' }],
    'llm.token_count.completion_details.reasoning': [{ field: 'reasoningTokens' }],
    'llm.cost.total': [{ field: 'cost' }],
    metadata: [
      { field: 'session', json: ['session_id', 'thread_id', 'conversation_id'] },
      { field: 'graphNode', json: ['langgraph_node'] },
      // JavaScript draws how a graph takes its input.
      { field: 'stepRole', json: ['langgraph_node'], values: { __start__: 'none' } },
    ],
  },
  scopes: {
    // The Agents SDK draws agents and their tools; "Agent workflow" and "turn" are chains around them.
    'openinference.instrumentation.openai_agents': [
      { field: 'stepRole', when: ['agent', 'tool'], is: 'chain' },
      { field: 'stepRole', when: ['step'], is: 'wrapper' },
    ],
  },
  families: {
    'llm.input_messages': { field: 'input', unwrap: 'message' },
    'llm.output_messages': { field: 'output', unwrap: 'message' },
    'embedding.embeddings': { field: 'input', unwrap: 'embedding' },
    'retrieval.documents': { field: 'output', unwrap: 'document' },
  },
  firstToken: ['First Token Stream Event'],
  // LangGraph throws to wait for a person.
  exceptions: { GraphInterrupt: 'suspended', NodeInterrupt: 'suspended' },
}

/** Parameters may follow the type. */
function formatOfMimeType(type: string): Format {
  return /^application\/json\b/i.test(type) ? 'json' : 'text'
}
