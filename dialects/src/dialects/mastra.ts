import type { Dialect } from './dialect.ts'

/** What the status of a workflow or of its step means; the rest is said by the span's own status. */
const STATUSES = {
  suspended: 'suspended',
  waiting: 'suspended',
  paused: 'suspended',
  canceled: 'cancelled',
  failed: 'error',
  tripwire: 'error',
} as const

/** Mastra (mastra.ai/docs/observability), which writes the OpenTelemetry conventions and more. */
export const mastra: Dialect = {
  attributes: {
    'mastra.span.type': [
      {
        field: 'kind',
        values: {
          workflow_run: 'flow',
          workflow_step: 'step',
          agent_run: 'agent',
          model_generation: 'model',
          model_step: 'step',
          model_inference: 'model',
          tool_call: 'tool',
          mcp_tool_call: 'tool',
        },
      },
      {
        field: 'stepRole',
        values: {
          model_generation: 'wrapper',
          model_step: 'wrapper',
          model_chunk: 'none',
          processor_run: 'none',
          memory_operation: 'none',
          mapping: 'none',
        },
      },
    ],
    'mastra.workflow_step.step_id': [{ field: 'name', when: ['step'] }],
    // One run, although a resumed one has a second flow span.
    'mastra.metadata.runId': [{ field: 'runId', when: ['flow'] }],
    'mastra.workflow_run.status': [{ field: 'status', values: STATUSES }],
    'mastra.workflow_step.status': [{ field: 'status', values: STATUSES }],
    'mastra.workflow_run.input': [{ field: 'input' }],
    'mastra.workflow_run.output': [{ field: 'output' }],
    'mastra.workflow_step.input': [{ field: 'input' }],
    'mastra.workflow_step.output': [{ field: 'output' }],
    'mastra.agent_run.input': [{ field: 'input' }],
    'mastra.agent_run.output': [
      { field: 'output' },
      { field: 'status', json: ['status'], values: { aborted: 'cancelled', suspended: 'suspended' } },
    ],
    'mastra.model_generation.input': [{ field: 'input' }],
    'mastra.model_generation.output': [{ field: 'output' }],
    'mastra.model_step.input': [{ field: 'input' }],
    'mastra.model_step.output': [{ field: 'output' }],
    'mastra.model_chunk.output': [{ field: 'output' }],
    'mastra.tool_call.input': [{ field: 'input' }],
    'mastra.tool_call.output': [{ field: 'output' }],
    'mastra.mcp_tool_call.input': [{ field: 'input' }],
    'mastra.mcp_tool_call.output': [{ field: 'output' }],
    'mastra.completion_start_time': [{ field: 'firstTokenTime' }],
    'mastra.metadata.sessionId': [{ field: 'session' }],
    'mastra.metadata.threadId': [{ field: 'session' }],
    'mastra.metadata.conversationId': [{ field: 'session' }],
    'mastra.metadata.userId': [{ field: 'user' }],
    'mastra.metadata.resourceId': [{ field: 'user' }],
  },
  spanNames: { step: ['workflow_step *'] },
}
