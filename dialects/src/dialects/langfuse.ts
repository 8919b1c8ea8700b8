import type { Dialect } from './dialect.ts'
import { parseJson } from './json-attribute.ts'

/** Langfuse (langfuse.com/integrations/native/opentelemetry), version 4 and later of its SDKs. */
export const langfuse: Dialect = {
  attributes: {
    'langfuse.observation.type': [
      {
        field: 'kind',
        values: {
          generation: 'model',
          embedding: 'embedder',
          agent: 'agent',
          tool: 'tool',
          chain: 'step',
          retriever: 'retriever',
          evaluator: 'evaluator',
          guardrail: 'guardrail',
          span: 'step',
          event: 'span',
        },
      },
      { field: 'stepRole', values: { chain: 'chain', span: 'chain', event: 'none' } },
    ],
    'langfuse.observation.input': [{ field: 'input' }],
    'langfuse.observation.output': [{ field: 'output' }],
    'langfuse.observation.model.name': [{ field: 'model' }],
    'langfuse.trace.name': [{ field: 'flow' }],
    'langfuse.observation.usage_details': [
      { field: 'inputTokens', read: (text) => tokens(text, 'input', 'prompt_tokens') },
      { field: 'outputTokens', read: (text) => tokens(text, 'output', 'completion_tokens') },
      {
        field: 'cachedInputTokens',
        json: [
          'input_cached_tokens',
          'input_cache_read',
          'cache_read_input_tokens',
          'prompt_tokens_details.cached_tokens',
          'input_tokens_details.cached_tokens',
        ],
      },
      { field: 'cacheWriteTokens', json: ['cache_creation_input_tokens', 'input_cache_creation'] },
      {
        field: 'reasoningTokens',
        json: [
          'output_reasoning_tokens',
          'output_reasoning',
          'completion_tokens_details.reasoning_tokens',
          'output_tokens_details.reasoning_tokens',
        ],
      },
    ],
    'langfuse.observation.cost_details': [{ field: 'cost', read: totalCost }],
    'langfuse.observation.completion_start_time': [{ field: 'firstTokenTime', read: unquoted }],
    'langfuse.observation.level': [{ field: 'status', values: { ERROR: 'error' } }],
    'langfuse.observation.status_message': [
      { field: 'errorMessage' },
      // LangGraph waits for a person; Langfuse has the interrupt as a message.
      { field: 'status', read: (text) => (text.startsWith('(Interrupt(') ? 'suspended' : '') },
    ],
    'langfuse.observation.metadata.langgraph_node': [
      { field: 'graphNode', read: unquoted },
      { field: 'stepRole', values: { __start__: 'none', '"__start__"': 'none' } },
    ],
    'langfuse.trace.metadata.thread_id': [{ field: 'session', read: unquoted }],
    'langfuse.session.id': [{ field: 'session' }],
    'langfuse.user.id': [{ field: 'user' }],
    'langfuse.version': [{ field: 'version' }],
    'langfuse.release': [{ field: 'version' }],
    'langfuse.environment': [{ field: 'environment' }],
  },
}

/**
 * All tokens of a side. Langfuse counts kinds of tokens apart: `input` is without `input_cached_tokens`. Where the usage came from
 * the provider as it is, `prompt_tokens` is with them.
 */
function tokens(text: string, side: 'input' | 'output', ofProvider: string): string {
  const usage = parsedObject(text)
  if (typeof usage[ofProvider] === 'number') return String(usage[ofProvider])
  const isOfSide = (key: string) =>
    key === side || key.startsWith(`${side}_`) || (side === 'input' && CACHE_KEYS.includes(key))
  return sum(Object.entries(usage).flatMap(([key, value]) => (isOfSide(key) ? [value] : [])))
}

/** Names of Anthropic for input tokens that `input` is without. */
const CACHE_KEYS = ['cache_read_input_tokens', 'cache_creation_input_tokens']

/** US dollars: the total, or else the sum of the parts. */
function totalCost(text: string): string {
  const { total, ...parts } = parsedObject(text)
  return typeof total === 'number' ? String(total) : sum(Object.values(parts))
}

function sum(values: readonly unknown[]): string {
  const numbers = values.filter((value) => typeof value === 'number')
  return numbers.length === 0 ? '' : String(numbers.reduce((total, number) => total + number, 0))
}

function parsedObject(text: string): Record<string, unknown> {
  const value = parseJson(text)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Record<string, unknown>) : {}
}

/** What is JSON text of a string. */
function unquoted(text: string): string {
  return text.replaceAll('"', '')
}
