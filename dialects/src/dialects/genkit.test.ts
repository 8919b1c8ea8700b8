import { expect, test } from 'vitest'
import { attributesOf, normaliseCapture, normaliseSpan, type SpanRow } from '../testing/normalised.ts'
import { innermostFlow } from './genkit.ts'

function brief({ name, kind, declared_flow, status }: SpanRow): string {
  return `${kind} ${name} (${declared_flow}) ${status}`
}

test('kinds, names and flows of a flow with steps', () => {
  expect(normaliseCapture('genkit-recorded-research').map(brief)).toMatchInlineSnapshot(`
    [
      "model fake/echo (researchFlow) ok",
      "span generate (researchFlow) ok",
      "step gather-facts (researchFlow) ok",
      "model fake/echo (researchFlow) ok",
      "span generate (researchFlow) ok",
      "step summarize (researchFlow) ok",
      "flow researchFlow (researchFlow) ok",
    ]
  `)
})

test('a nested flow and what is below it belong to that flow', () => {
  expect(normaliseCapture('genkit-recorded-nested').map(brief)).toMatchInlineSnapshot(`
    [
      "model fake/echo (jokeFlow) ok",
      "span generate (jokeFlow) ok",
      "flow jokeFlow (jokeFlow) ok",
      "step outer (nestedFlow) ok",
      "flow nestedFlow (nestedFlow) ok",
    ]
  `)
})

test('an agent that failed says so only in its output', () => {
  const rows = normaliseCapture('genkit-recorded-failingagent')
  expect(rows.map(brief)).toMatchInlineSnapshot(`
    [
      "prompt render () ok",
      "model fake/fail () error",
      "span generate () error",
      "step runTurn-1 () error",
      "agent failingAgent () error",
    ]
  `)
  const agent = rows.at(-1)!
  expect(agent).toMatchObject({ error_type: 'INTERNAL', error_message: '429 rate limited', status_code: 0 })
  expect(rows[1]).toMatchObject({
    error_type: 'Error',
    error_message: '429 rate limited',
    model: 'fake/fail',
  })
})

test('tokens come from the output of model spans only', () => {
  const usage = normaliseCapture('genkit-recorded-research').map((row) => [row.kind, row.input_tokens])
  expect(usage.filter(([, tokens]) => tokens !== 0n)).toEqual([
    ['model', 11n],
    ['model', 11n],
  ])
})

test('the session of a chat is on its agent span, input and output are moved', () => {
  const agent = normaliseCapture('genkit-recorded-agent2turns').find((row) => row.kind === 'agent')!
  expect(agent.session_id).toBe('f0c02970-ef4a-4879-b714-bc5ca5dec754')
  expect(agent).toMatchObject({
    output_key: 'genkit:output',
    environment: 'test',
    service: 'genkit-seed-demo',
  })
  expect(agent.attributes.map(([key]) => key)).not.toContain('genkit:output')
})

test('an interrupt is a suspension, not an error', () => {
  const exception = attributesOf({ 'exception.type': 'ToolInterruptError', 'exception.message': 'wait' })
  const row = normaliseSpan({
    status: { code: 2, message: 'wait' },
    events: [{ name: 'exception', timeUnixNano: '1', attributes: exception }],
    attributes: attributesOf({
      'genkit:type': 'action',
      'genkit:metadata:subtype': 'tool',
      'genkit:state': 'error',
    }),
  })
  expect(row).toMatchObject({
    kind: 'tool',
    status: 'suspended',
    error_type: '',
    error_message: '',
    status_code: 2,
  })
})

test('a record sent at the start is running, without end', () => {
  const attributes = attributesOf({ 'genkit:type': 'flowStep', 'genkit:name': 'plan' })
  const row = normaliseSpan({ endTimeUnixNano: '0', attributes })
  expect(row).toMatchObject({ name: 'plan', status: 'running', end: 0n })
})

test('the innermost flow of a path', () => {
  expect(innermostFlow('/{a,t:flow}/{b,t:flowStep}/{vendor/model,t:action,s:model}')).toBe('a')
  expect(innermostFlow('/{a,t:flow}/{call,t:flowStep}/{b,t:flow,s:x}/{c,t:util}')).toBe('b')
  expect(innermostFlow('/{assistant,t:action}/{runTurn-1,t:flowStep}')).toBe('')
  expect(innermostFlow('')).toBe('')
})
