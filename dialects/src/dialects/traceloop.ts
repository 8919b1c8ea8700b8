import type { Dialect } from './dialect.ts'

/** Traceloop's OpenLLMetry (traceloop.com/docs/openllmetry): decorated functions, and the properties of their caller. */
export const traceloop: Dialect = {
  attributes: {
    'traceloop.span.kind': [
      { field: 'kind', values: { workflow: 'flow', task: 'step', agent: 'agent', tool: 'tool' } },
      { field: 'stepRole', values: { task: 'chain', agent: 'chain' } },
    ],
    'traceloop.entity.name': [{ field: 'name' }],
    'traceloop.workflow.name': [{ field: 'flow' }],
    'traceloop.entity.input': [{ field: 'input', format: 'json' }],
    'traceloop.entity.output': [{ field: 'output', format: 'json' }],
    'traceloop.association.properties.session_id': [{ field: 'session' }],
    'traceloop.association.properties.thread_id': [{ field: 'session' }],
    'traceloop.association.properties.conversation_id': [{ field: 'session' }],
    'traceloop.association.properties.chat_id': [{ field: 'session' }],
    'traceloop.association.properties.user_id': [{ field: 'user' }],
    'llm.request.type': [
      {
        field: 'kind',
        values: { chat: 'model', completion: 'model', embedding: 'embedder', rerank: 'reranker' },
      },
    ],
  },
  spanNames: {
    flow: ['*.workflow'],
    step: ['*.task', 'execute_task *'],
    agent: ['*.agent'],
    tool: ['*.tool'],
  },
}
