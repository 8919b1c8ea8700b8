import type { SpanKind } from '@weir/sdk/semconv'
import type { Dialect } from './dialect.ts'

const MODEL: readonly SpanKind[] = ['model']
const AGENT: readonly SpanKind[] = ['agent']

/** Genkit (genkit.dev), which has names of its own for everything and leaves the OpenTelemetry status unset on success. */
export const genkit: Dialect = {
  attributes: {
    'genkit:metadata:subtype': [
      {
        field: 'kind',
        values: {
          flow: 'flow',
          flowStep: 'step',
          model: 'model',
          'background-model': 'model',
          tool: 'tool',
          'tool.v2': 'tool',
          agent: 'agent',
          retriever: 'retriever',
          embedder: 'embedder',
          reranker: 'reranker',
          evaluator: 'evaluator',
          prompt: 'prompt',
          'executable-prompt': 'prompt',
        },
      },
    ],
    'genkit:type': [{ field: 'kind', values: { flow: 'flow', flowStep: 'step', promptTemplate: 'prompt' } }],
    'genkit:name': [{ field: 'name' }, { field: 'model', when: MODEL }],
    'genkit:path': [{ field: 'flow', read: innermostFlow }],
    'genkit:state': [{ field: 'status', values: { error: 'error' } }],
    'genkit:input': [{ field: 'input', format: 'json' }],
    'genkit:output': [
      { field: 'output', format: 'json' },
      { field: 'inputTokens', when: MODEL, json: ['usage', 'inputTokens'] },
      { field: 'outputTokens', when: MODEL, json: ['usage', 'outputTokens'] },
      { field: 'cachedInputTokens', when: MODEL, json: ['usage', 'cachedContentTokens'] },
      { field: 'reasoningTokens', when: MODEL, json: ['usage', 'thoughtsTokens'] },
      // A failed agent's span succeeds: how the turn ended is in its output.
      {
        field: 'status',
        when: AGENT,
        json: ['finishReason'],
        values: { failed: 'error', interrupted: 'suspended', aborted: 'cancelled' },
      },
      { field: 'errorType', when: AGENT, json: ['error', 'status'] },
      { field: 'errorMessage', when: AGENT, json: ['error', 'message'] },
    ],
    'genkit:metadata:agent:sessionId': [{ field: 'session' }],
    'genkit:sessionId': [{ field: 'session' }],
  },
  exceptions: { ToolInterruptError: 'suspended' },
}

/**
 * The flow that a span belongs to: the last `{name,t:flow}` of a path like
 * `/{outer,t:flow}/{inner,t:flow}/{generate,t:util}/{vendor/model,t:action,s:model}`. Names may contain slashes.
 */
export function innermostFlow(path: string): string {
  const end = Math.max(path.lastIndexOf(',t:flow}'), path.lastIndexOf(',t:flow,'))
  return end < 0 ? '' : path.slice(path.lastIndexOf('{', end) + 1, end)
}
