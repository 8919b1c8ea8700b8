import { expect, test } from 'vitest'
import {
  type Attributes,
  attributesOf,
  normaliseCapture,
  normaliseSpan,
  type SpanRow,
} from '../testing/normalised.ts'

const observation = (more: Attributes) =>
  normaliseSpan({
    attributes: attributesOf(
      Object.fromEntries(Object.entries(more).map(([key, value]) => [`langfuse.observation.${key}`, value])),
    ),
  })

function brief({ name, kind, model, input_tokens, output_tokens, cost }: SpanRow): string {
  return `${kind} ${name} ${model} ${input_tokens}/${output_tokens} $${cost}`
}

test('a recorded trace', () => {
  const rows = normaliseCapture('langfuse-nested')
  expect(rows.map(brief)).toMatchInlineSnapshot(`
    [
      "retriever retrieve  0/0 $0",
      "model llm-call fake-gpt 11/5 $0.0012",
      "tool lookup  0/0 $0",
      "model llm-final fake-gpt 20/7 $0.0012",
      "step handle-request  0/0 $0",
    ]
  `)
  expect(rows[0]).toMatchObject({ environment: 'test', version: 'r1', declared_flow: 'support-trace' })
})

const usage = (details: object) => {
  const row = observation({ type: 'generation', usage_details: JSON.stringify(details) })
  return [row.input_tokens, row.output_tokens, row.cached_input_tokens, row.reasoning_tokens].map(Number)
}

test('Langfuse counts kinds of tokens apart: input is what all of them are together', () => {
  const openai = { input: 16, output: 5, total: 27, input_cached_tokens: 4, output_reasoning_tokens: 2 }
  expect(usage(openai)).toEqual([20, 7, 4, 2])
  const anthropic = { input: 40, output: 9, cache_read_input_tokens: 60, cache_creation_input_tokens: 10 }
  expect(usage(anthropic)).toEqual([110, 9, 60, 0])
})

test('the usage of a provider is as the provider means it', () => {
  const details = {
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 2 },
  }
  expect(usage({ prompt_tokens: 20, completion_tokens: 7, ...details })).toEqual([20, 7, 4, 2])
  expect(usage({})).toEqual([0, 0, 0, 0])
})

test('a cost is the total, or the sum of its parts', () => {
  const cost = (details: string) => observation({ type: 'generation', cost_details: details }).cost
  expect(cost('{"total":0.5,"input":0.2}')).toBe(0.5)
  expect(cost('{"input":0.25,"output":0.5}')).toBe(0.75)
  expect([cost('no json'), cost('[1]'), cost('null'), cost('{}')]).toEqual([0, 0, 0, 0])
})

test('the level says what the status of the span does not', () => {
  const level = (more: Attributes) => {
    const { status, error_message } = observation({ type: 'span', ...more })
    return [status, error_message]
  }
  expect(level({ level: 'ERROR', status_message: 'it broke' })).toEqual(['error', 'it broke'])
  expect(level({ level: 'WARNING', status_message: 'it creaks' })).toEqual(['ok', ''])
  expect(level({ level: 'ERROR', status_message: 'This operation was aborted' })).toEqual(['cancelled', ''])
  expect(level({ status_message: "(Interrupt(value='ok?', id='4b'),)" })).toEqual(['suspended', ''])
})
