import { SPAN_KINDS } from '@weir/sdk/semconv'
import { FIELDS } from '@weir/store/run-query'
import { expect, test } from 'vitest'
import { type Attributes, attributesOf, normaliseSpan, type SpanRow } from '../testing/normalised.ts'

function normalise(attributes: Attributes, span: object = {}): SpanRow {
  return normaliseSpan({ ...span, attributes: attributesOf(attributes) })
}

test('a flow span', () => {
  const row = normalise({
    'weir.kind': 'flow',
    'weir.flow.name': 'research',
    'weir.flow.version': '2',
    'weir.run.id': 'r1',
    'weir.run.parent_id': 'r0',
    'weir.run.status': 'cancelled',
    'weir.run.steps': 7,
    'weir.session.id': 's',
    'session.id': 'other',
    'user.id': 'u',
    'weir.experiment.id': 'e',
    'weir.case.id': 'c',
    'weir.trial': 2,
    'input.value': '{"query":"x"}',
    'input.mime_type': 'application/json',
    'gen_ai.operation.name': 'invoke_workflow',
    'openinference.span.kind': 'CHAIN',
  })
  expect(row).toMatchObject({
    kind: 'flow',
    name: 'research',
    declared_flow: 'research',
    version: '2',
    declared_run_id: 'r1',
    declared_parent_run_id: 'r0',
    status: 'cancelled',
    declared_steps: 7,
    session_id: 's',
    user_id: 'u',
    experiment_id: 'e',
    case_id: 'c',
    trial: 2,
    input: '{"query":"x"}',
    input_key: 'input.value',
    step_index: -1,
  })
  expect(row.attributes.map(([key]) => key)).not.toContain('input.value')
  expect(row.attribute_types).toMatch(/^[sib]*I[sib]*$/)
  expect(row.attribute_types).toHaveLength(row.attributes.length + 1)
})

test('a step span has the flow of its run and the name of its step', () => {
  const row = normalise({
    'weir.kind': 'step',
    'weir.flow.name': 'research',
    'weir.step.name': 'plan',
    'weir.step.index': 3,
    'weir.step.attempts': 2,
    'weir.step.fallback': true,
  })
  expect(row).toMatchObject({
    kind: 'step',
    name: 'plan',
    declared_flow: 'research',
    step_index: 3,
    step_attempts: 2,
    step_fallback: 1,
  })
})

test('metadata of a flow is moved, of other spans it is an attribute', () => {
  const metadata = { 'weir.run.metadata': '{"ticket":7}' }
  expect(normalise({ 'weir.kind': 'flow', ...metadata, a: 1 })).toMatchObject({
    metadata: '{"ticket":7}',
    attributes: [
      ['weir.kind', 'flow'],
      ['a', '1'],
    ],
    attribute_types: 'sMi',
  })
  expect(normalise({ 'weir.kind': 'step', ...metadata })).toMatchObject({
    metadata: '',
    attributes: [
      ['weir.kind', 'step'],
      ['weir.run.metadata', '{"ticket":7}'],
    ],
    attribute_types: 'ss',
  })
})

test('a flow without a name has the name of its span', () => {
  expect(normalise({ 'weir.kind': 'flow' })).toMatchObject({ name: 'span', declared_flow: 'span' })
})

test('a kind or status that does not exist says nothing', () => {
  expect(normalise({ 'weir.kind': 'banana', 'openinference.span.kind': 'TOOL' }).kind).toBe('tool')
  expect(normalise({ 'weir.run.status': 'banana' }).status).toBe('ok')
})

test('a declared status outranks the span’s, and only errors have an error', () => {
  const failed = { status: { code: 2, message: 'late' } }
  expect(normalise({ 'weir.run.status': 'suspended' }, failed)).toMatchObject({
    status: 'suspended',
    error_message: '',
  })
  expect(normalise({ 'error.type': 'Timeout' }, failed)).toMatchObject({
    status: 'error',
    error_type: 'Timeout',
    error_message: 'late',
  })
  expect(normalise({ 'error.type': 'Timeout' })).toMatchObject({ status: 'ok', error_type: '' })
})

test('queries of runs know all kinds that spans have', () => {
  expect(FIELDS.kind).toEqual({ is: 'choice', of: SPAN_KINDS })
})
