import type { Dialect } from './dialect.ts'

/** The OpenTelemetry conventions: general, resource and GenAI (opentelemetry.io/docs/specs/semconv/gen-ai). */
export const opentelemetry: Dialect = {
  attributes: {
    'gen_ai.operation.name': [
      {
        field: 'kind',
        values: {
          chat: 'model',
          text_completion: 'model',
          generate_content: 'model',
          embeddings: 'embedder',
          retrieval: 'retriever',
          execute_tool: 'tool',
          invoke_agent: 'agent',
          create_agent: 'agent',
          plan: 'agent',
          invoke_workflow: 'flow',
          run_step: 'step',
          invoke_node: 'step',
          agent_step: 'step',
          rerank: 'reranker',
        },
      },
      // A round of an agent's loop is of that agent.
      { field: 'stepRole', values: { agent_step: 'inner', invoke_node: 'chain' } },
    ],
    'gen_ai.workflow.name': [
      { field: 'name', when: ['flow'] },
      { field: 'flow', when: ['flow'] },
    ],
    'gen_ai.agent.name': [{ field: 'name', when: ['agent'] }],
    'gen_ai.tool.name': [
      { field: 'name', when: ['tool'] },
      { field: 'kind', is: 'tool' },
    ],
    'gen_ai.response.model': [{ field: 'model' }, { field: 'kind', is: 'model' }],
    'gen_ai.request.model': [{ field: 'model' }, { field: 'kind', is: 'model' }],
    'gen_ai.response.finish_reasons': [],
    'gen_ai.provider.name': [{ field: 'provider' }],
    'gen_ai.system': [{ field: 'provider' }],
    'gen_ai.conversation.id': [{ field: 'session' }],
    'gen_ai.input.messages': [{ field: 'input', format: 'json' }],
    'gen_ai.tool.call.arguments': [{ field: 'input', format: 'json' }],
    'gen_ai.retrieval.query.text': [{ field: 'input', format: 'text' }],
    'gen_ai.prompt': [{ field: 'input' }],
    'gen_ai.output.messages': [{ field: 'output', format: 'json' }],
    'gen_ai.tool.call.result': [{ field: 'output', format: 'json' }],
    'gen_ai.retrieval.documents': [{ field: 'output', format: 'json' }],
    'gen_ai.completion': [{ field: 'output' }],
    'gen_ai.usage.input_tokens': [{ field: 'inputTokens' }],
    'gen_ai.usage.prompt_tokens': [{ field: 'inputTokens' }],
    'gen_ai.usage.output_tokens': [{ field: 'outputTokens' }],
    'gen_ai.usage.completion_tokens': [{ field: 'outputTokens' }],
    'gen_ai.usage.cache_read.input_tokens': [{ field: 'cachedInputTokens' }],
    'gen_ai.usage.cache_read_input_tokens': [{ field: 'cachedInputTokens' }],
    'gen_ai.usage.cached_tokens': [{ field: 'cachedInputTokens' }],
    'gen_ai.usage.cache_write.input_tokens': [{ field: 'cacheWriteTokens' }],
    'gen_ai.usage.cache_creation.input_tokens': [{ field: 'cacheWriteTokens' }],
    'gen_ai.usage.cache_creation_input_tokens': [{ field: 'cacheWriteTokens' }],
    'gen_ai.usage.reasoning.output_tokens': [{ field: 'reasoningTokens' }],
    'gen_ai.usage.reasoning_tokens': [{ field: 'reasoningTokens' }],
    'gen_ai.usage.cost.amount': [{ field: 'cost' }],
    'gen_ai.usage.cost': [{ field: 'cost' }],
    'operation.cost': [{ field: 'cost' }],
    'gen_ai.response.time_to_first_chunk': [{ field: 'timeToFirstToken', scale: 1e9 }],
    'gen_ai.client.operation.time_to_first_chunk': [{ field: 'timeToFirstToken', scale: 1e9 }],
    'session.id': [{ field: 'session' }],
    'user.id': [{ field: 'user' }],
    'enduser.id': [{ field: 'user' }],
    'error.type': [{ field: 'errorType' }],
    'error.message': [{ field: 'errorMessage' }],
    'service.name': [{ field: 'service' }],
    'service.version': [{ field: 'version' }],
    'vcs.ref.head.revision': [{ field: 'version' }],
    'vcs.repository.ref.revision': [{ field: 'version' }],
    'deployment.id': [{ field: 'version' }],
    'deployment.environment.name': [{ field: 'environment' }],
    'deployment.environment': [{ field: 'environment' }],
  },
  messages: {
    'gen_ai.system.message': { field: 'input', role: 'system' },
    'gen_ai.user.message': { field: 'input', role: 'user' },
    'gen_ai.assistant.message': { field: 'input', role: 'assistant' },
    'gen_ai.tool.message': { field: 'input', role: 'tool' },
    'gen_ai.choice': { field: 'output', role: 'assistant' },
  },
  spanNames: {
    flow: ['invoke_workflow *'],
    agent: ['invoke_agent *'],
    tool: ['execute_tool *'],
    step: ['invoke_node *'],
  },
  // Names that the languages have for work that its caller gave up.
  exceptions: {
    AbortError: 'cancelled', // JavaScript
    CancelledError: 'cancelled', // Python's asyncio
    CancellationException: 'cancelled', // Java
    InterruptedException: 'cancelled', // Java's threads
    OperationCanceledException: 'cancelled', // .NET
    'context canceled': 'cancelled', // Go
    'This operation was aborted': 'cancelled', // JavaScript, where only the message is recorded
  },
  families: {
    'gen_ai.prompt': { field: 'input' },
    'gen_ai.completion': { field: 'output' },
  },
}
