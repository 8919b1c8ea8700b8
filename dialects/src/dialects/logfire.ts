import type { Dialect } from './dialect.ts'

/** Pydantic's Logfire (logfire.pydantic.dev) and what Pydantic AI writes beside the OpenTelemetry conventions. */
export const logfire: Dialect = {
  attributes: {
    // A Pydantic graph and its nodes: the messages are `run graph ...` and `run node ...`.
    graph: [
      { field: 'name', json: ['name'], with: 'logfire.msg' },
      { field: 'flow', json: ['name'], with: 'logfire.msg' },
    ],
    node_id: [{ field: 'name', with: 'logfire.msg' }],
    // The template names what is alike: a flow per rendered text would be one per run.
    'logfire.msg_template': [{ field: 'flow' }],
    'logfire.msg': [{ field: 'name' }],
    'logfire.span_type': [{ field: 'stepRole', values: { log: 'none' } }],
    all_messages_events: [{ field: 'input', format: 'json' }],
    tool_arguments: [{ field: 'input', format: 'json' }],
    request_data: [{ field: 'input', format: 'json' }],
    final_result: [
      { field: 'output' },
      // DeferredToolRequests: somebody else has to run or approve these tools.
      {
        field: 'status',
        when: ['agent'],
        json: ['approvals.0.tool_name', 'calls.0.tool_name'],
        is: 'suspended',
      },
    ],
    'pydantic_ai.all_messages': [
      { field: 'input', format: 'json' },
      // An agent that ended well has a result, one that failed says so.
      { field: 'status', when: ['agent'], is: 'cancelled', without: 'final_result' },
    ],
    tool_response: [{ field: 'output' }],
    response_data: [{ field: 'output', format: 'json' }],
    'gen_ai.usage.details.cache_read_tokens': [{ field: 'cachedInputTokens' }],
    'gen_ai.usage.details.reasoning_tokens': [{ field: 'reasoningTokens' }],
    'gen_ai.usage.raw': [
      {
        field: 'reasoningTokens',
        json: ['completion_tokens_details.reasoning_tokens', 'output_tokens_details.reasoning_tokens'],
      },
    ],
  },
}
