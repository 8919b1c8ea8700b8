import { expect, test } from 'vitest'
import { attributesOf, normaliseCapture, normaliseSpan, type SpanRow } from '../testing/normalised.ts'

function brief({ name, kind, model, input_tokens, output_tokens }: SpanRow): string {
  return `${kind} ${name} ${model} ${input_tokens}/${output_tokens}`
}

test('a LangChain agent', () => {
  const rows = normaliseCapture('openinference-langchain-toolslinked')
  expect(rows.map(brief)).toMatchInlineSnapshot(`
    [
      "model FakeGpt fake-gpt 11/4",
      "tool get_weather  0/0",
      "model FakeGpt fake-gpt 13/4",
      "step weather-agent  0/0",
    ]
  `)
  expect(rows[0]).toMatchObject({ session_id: 'sess-oi-1', user_id: 'user-oi-1', input_key: 'input.value' })
})

test('the Vercel AI SDK through OpenInference', () => {
  const rows = normaliseCapture('openinference-vercel-tool')
  expect(rows.map(brief)).toMatchInlineSnapshot(`
    [
      "model ai.generateText.doGenerate weather-agent fake-gpt-0613 20/5",
      "tool weather  0/0",
      "model ai.generateText.doGenerate weather-agent fake-gpt-0613 30/8",
      "agent weather-agent fake-gpt 30/8",
    ]
  `)
  expect(rows[0]).toMatchObject({ session_id: 'sess-ai-1', user_id: 'user-ai-1', provider: 'fake-provider' })
})

test('indexed messages fold into one JSON value and stay attributes', () => {
  const attributes = attributesOf({
    'openinference.span.kind': 'LLM',
    'llm.input_messages.1.message.content': 'hi',
    'llm.input_messages.1.message.role': 'user',
    'llm.input_messages.0.message.role': 'system',
    'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'weather',
    'llm.output_messages.0.message.role': 'assistant',
  })
  const row = normaliseSpan({ attributes })
  expect(JSON.parse(String(row.input))).toEqual([{ role: 'system' }, { content: 'hi', role: 'user' }])
  expect(JSON.parse(String(row.output))).toEqual([
    { tool_calls: [{ tool_call: { function: { name: 'weather' } } }], role: 'assistant' },
  ])
  expect(row).toMatchObject({ input_key: '', output_key: '' })
  expect(row.attributes).toHaveLength(attributes.length)
})
