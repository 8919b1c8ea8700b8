import { expect, test } from 'vitest'
import { attributesOf, normaliseSpan, type SpanRow } from '../testing/normalised.ts'

const STATUS_ERROR = 2

/** A span as its exporter writes it, by the source of Crux: a recording is not at hand. */
function normalise(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  status?: object,
): SpanRow {
  return normaliseSpan({
    name,
    attributes: attributesOf({ 'crux.run.id': 'run_1', ...attributes }),
    ...(status && { status }),
  })
}

test.each([
  ['crux.flow.step', { 'crux.primitive.name': 'flow.step', 'crux.stepLabel': 'plan' }, 'step', 'plan'],
  [
    'execute_tool search',
    {
      'crux.primitive.name': 'tool.call',
      'gen_ai.operation.name': 'execute_tool',
      'crux.tool.name': 'search',
    },
    'tool',
    'search',
  ],
  [
    'chat gpt-4o',
    {
      'crux.primitive.name': 'generation.call',
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o',
    },
    'model',
    'chat gpt-4o',
  ],
  [
    'invoke_workflow fanout',
    { 'crux.primitive.name': 'composition.parallel', 'gen_ai.operation.name': 'invoke_workflow' },
    'span',
    'invoke_workflow fanout',
  ],
  [
    'retrieval rerank',
    { 'crux.primitive.name': 'retrieval.stage', 'gen_ai.operation.name': 'retrieval' },
    'span',
    'retrieval rerank',
  ],
  ['crux.flow', { 'crux.flow.name': 'research', 'crux.flow.id': 'f1' }, 'flow', 'research'],
  ['crux.flow.step', { 'crux.step.label': 'plan', 'crux.step.id': 's1' }, 'step', 'plan'],
])('%s with %o is a %s named %s', (span, attributes, kind, name) => {
  expect(normalise(span, attributes as Record<string, string>)).toMatchObject({ kind, name })
})

test('a flow that waits, one that was cancelled, and one that failed', () => {
  const flow = { 'crux.primitive.name': 'flow.run', 'gen_ai.operation.name': 'invoke_workflow' }
  const cancelled = { code: STATUS_ERROR, message: 'cancelled' }
  expect(normalise('f', { ...flow, 'crux.suspendedAt': 'approval' })).toMatchObject({
    kind: 'flow',
    status: 'suspended',
  })
  expect(normalise('f', { ...flow, 'crux.cancelReason': 'changed my mind' }, cancelled)).toMatchObject({
    status: 'cancelled',
    error_message: '',
  })
  expect(
    normalise(
      'f',
      { ...flow, 'crux.suspendedAt': 'approval', 'crux.flowStatus': 'expired' },
      { code: STATUS_ERROR, message: 'late' },
    ),
  ).toMatchObject({ status: 'error', error_message: 'late' })
})

test('cost and time to first token', () => {
  expect(
    normalise('chat m', {
      'crux.primitive.name': 'generation.stream',
      'gen_ai.usage.input_tokens': 10,
      'crux.cost': 0.25,
      'gen_ai.server.time_to_first_token': 0.5,
    }),
  ).toMatchObject({ cost: 0.25, time_to_first_token_ns: 500_000_000n, input_tokens: 10n })
})
