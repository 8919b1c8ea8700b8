import { expect, test } from 'vitest'
import { type Attributes, attributesOf, normaliseRequest, normaliseSpan } from '../testing/normalised.ts'

const legacy = (operation: string, more: Attributes = {}) =>
  normaliseSpan({
    name: operation,
    attributes: attributesOf({
      'ai.operationId': operation,
      'ai.telemetry.functionId': 'answer-mail',
      ...more,
    }),
  })

test.for([
  ['ai.generateText', 'agent', 'answer-mail'],
  ['ai.streamObject', 'agent', 'answer-mail'],
  ['ai.streamText.doStream', 'model', 'ai.streamText.doStream'],
  ['ai.embedMany', 'span', 'answer-mail'],
  ['ai.embedMany.doEmbed', 'embedder', 'ai.embedMany.doEmbed'],
  ['ai.toolCall', 'tool', 'ai.toolCall'],
])(
  '%s is of kind %s, named %s: the function names the call, not what is in it',
  ([operation, kind, name]) => {
    expect(legacy(operation!)).toMatchObject({ kind, name })
  },
)

test('a tool has its name, arguments and result', () => {
  const row = legacy('ai.toolCall', {
    'ai.toolCall.name': 'weather',
    'ai.toolCall.args': '{"city":"Rome"}',
    'ai.toolCall.result': '"sunny"',
  })
  expect(row).toMatchObject({ name: 'weather', input: '{"city":"Rome"}', output: '"sunny"' })
  expect(row).toMatchObject({ input_type: 'json', output_type: 'json' })
})

test('the text of a model that only calls tools is empty: its calls are the output', () => {
  const calls = '[{"toolName":"weather"}]'
  const row = legacy('ai.generateText.doGenerate', {
    'ai.response.text': '',
    'ai.response.toolCalls': calls,
    'ai.usage.inputTokens': 20,
    'ai.usage.inputTokenDetails.cacheReadTokens': 6,
    'ai.response.msToFirstChunk': 12.5,
  })
  expect(row).toMatchObject({ output: calls, input_tokens: 20n, cached_input_tokens: 6n })
  expect(row.time_to_first_token_ns).toBe(12_500_000n)
  expect(legacy('ai.embed.doEmbed', { 'ai.usage.tokens': 4 }).input_tokens).toBe(4n)
})

test('session and user are in the context of version 7, a chat is a session', () => {
  const context = (key: string) => normaliseSpan({ attributes: attributesOf({ [key]: 'x' }) }).session_id
  expect(
    ['sessionId', 'chatId', 'conversationId'].map((key) => context(`ai.settings.context.${key}`)),
  ).toEqual(['x', 'x', 'x'])
})

test('version 7: a stream that its caller aborted is cancelled, and gives no reason why it finished', () => {
  const agent = (more: Attributes, name = 'gen_ai') =>
    normaliseRequest({
      resourceSpans: [
        {
          scopeSpans: [
            {
              scope: { name },
              spans: [
                {
                  traceId: '000102030405060708090a0b0c0d0e0f',
                  spanId: '0000000000000001',
                  name: 'invoke_agent gpt',
                  startTimeUnixNano: '1',
                  endTimeUnixNano: '2',
                  attributes: attributesOf({ 'gen_ai.operation.name': 'invoke_agent', ...more }),
                },
              ],
            },
          ],
        },
      ],
    })
  expect(agent({})).toMatchObject({ status: 'cancelled', name: 'gpt' })
  expect(agent({ 'gen_ai.response.finish_reasons': 'stop' }).status).toBe('ok')
  expect(agent({}, 'another').status).toBe('ok')
})

test('a round of the loop is an inner step, so that it never hides a named agent', () => {
  expect(
    normaliseSpan({ attributes: attributesOf({ 'gen_ai.operation.name': 'agent_step' }) }),
  ).toMatchObject({
    kind: 'step',
    step_role: 3,
  })
})
