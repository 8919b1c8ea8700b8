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
      // Python's interrupted tool succeeds, without an output.
      {
        field: 'status',
        values: { 'tool.v2': 'suspended' },
        with: 'genkit:state',
        without: 'genkit:output',
      },
    ],
    'genkit:type': [
      { field: 'kind', values: { flow: 'flow', flowStep: 'step', promptTemplate: 'prompt' } },
      // Whatever ends says how, unless it was cancelled.
      { field: 'status', is: 'cancelled', without: 'genkit:state' },
    ],
    'genkit:name': [{ field: 'name' }, { field: 'model', when: ['model', 'embedder'] }],
    'genkit:path': [{ field: 'flow', read: innermostFlow }],
    'genkit:state': [{ field: 'status', values: { error: 'error' } }],
    'genkit:metadata:context': [
      { field: 'session', json: ['sessionId'] },
      { field: 'user', json: ['userId', 'auth.uid'] },
    ],
    // Telemetry labels are attributes without a prefix.
    sessionId: [{ field: 'session', with: 'genkit:type' }],
    userId: [{ field: 'user', with: 'genkit:type' }],
    'genkit:input': [{ field: 'input', format: 'json' }],
    'genkit:output': [
      { field: 'output', format: 'json' },
      { field: 'inputTokens', when: MODEL, json: ['usage.inputTokens'] },
      { field: 'outputTokens', when: MODEL, json: ['usage.outputTokens'] },
      { field: 'cachedInputTokens', when: MODEL, json: ['usage.cachedContentTokens'] },
      { field: 'reasoningTokens', when: MODEL, json: ['usage.thoughtsTokens'] },
      // A failed agent's span succeeds: how the turn ended is in its output, and in that of its generate().
      {
        field: 'status',
        when: ['agent', 'span'],
        json: ['finishReason'],
        values: { failed: 'error', interrupted: 'suspended', aborted: 'cancelled' },
      },
      { field: 'errorType', when: AGENT, json: ['error.status'] },
      { field: 'errorMessage', when: AGENT, json: ['error.message'] },
    ],
    'genkit:metadata:agent:sessionId': [{ field: 'session' }],
    'genkit:sessionId': [{ field: 'session' }],
  },
  // Of JavaScript and of Go.
  exceptions: { ToolInterruptError: 'suspended', toolInterruptError: 'suspended' },
}

/**
 * The flow that a span belongs to: the last flow of a path like
 * `/{outer,t:flow}/{inner,t:flow}/{generate,t:util}/{vendor/model,t:action,s:model}`. Names may contain slashes. Python writes
 * `{outer,t:action,s:flow}`, and encodes names as in a URL.
 */
export function innermostFlow(path: string): string {
  const end = Math.max(...FLOW_MARKS.map((mark) => path.lastIndexOf(mark)))
  if (end < 0) return ''
  const name = path.slice(path.lastIndexOf('{', end) + 1, end)
  return path.startsWith(',t:action', end) ? decoded(name) : name
}

const FLOW_MARKS = [',t:flow}', ',t:flow,', ',t:action,s:flow}']

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
