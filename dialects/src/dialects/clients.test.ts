import { expect, test } from 'vitest'
import { type Attributes, attributesOf, normaliseSpan } from '../testing/normalised.ts'

/** Role of a span among the steps: docs/RUN-MODEL.md. */
const [CHAIN, WRAPPER, NONE] = [1, 2, 4]

const exception = (type: string, message: string) => ({
  name: 'exception',
  timeUnixNano: '1700000000001000000',
  attributes: attributesOf({ 'exception.type': type, 'exception.message': message }),
})
const ended = (attributes: Attributes, more: object = {}) =>
  normaliseSpan({ attributes: attributesOf(attributes), ...more })
const statusOf = (attributes: Attributes, more: object = {}) => ended(attributes, more).status

test('LangSmith: its kind outranks the model that Python puts on every span', () => {
  const span = {
    'gen_ai.request.model': 'm',
    'gen_ai.operation.name': 'chain',
    'langsmith.span.kind': 'chain',
  }
  expect(ended(span)).toMatchObject({ kind: 'step', step_role: CHAIN })
  expect(ended({ ...span, 'langsmith.span.kind': 'llm' })).toMatchObject({ kind: 'model', model: 'm' })
})

test('LangSmith: an exception is an error although the status is ok, unless it interrupts or gives up', () => {
  const after = (type: string, message: string) =>
    statusOf({ 'langsmith.span.kind': 'chain' }, { status: { code: 1 }, events: [exception(type, message)] })
  expect(after('Error', 'it broke')).toBe('error')
  expect(after('Exception', "GraphInterrupt((Interrupt(value='ok?'),))")).toBe('suspended')
  expect(after('Error', 'AbortError: This operation was aborted')).toBe('cancelled')
})

test('an exception in a span that succeeded was handled', () => {
  expect(statusOf({}, { status: { code: 1 }, events: [exception('ValueError', 'x')] })).toBe('ok')
  expect(statusOf({}, { status: { code: 1 }, events: [exception('AbortError', 'x')] })).toBe('ok')
  expect(statusOf({}, { events: [exception('langgraph.errors.GraphInterrupt', 'x')] })).toBe('suspended')
})

test.for([
  ['AbortError', 'cancelled'],
  ['asyncio.exceptions.CancelledError', 'cancelled'],
  ['java.util.concurrent.CancellationException', 'cancelled'],
  ['*ai.toolInterruptError', 'suspended'],
  ['langgraph.errors.NodeInterrupt', 'suspended'],
  ['MyCancelledError', 'error'],
])('a span that failed by %s is %s', ([type, status]) => {
  expect(statusOf({}, { status: { code: 2 }, events: [exception(type!, 'x')] })).toBe(status)
})

test('Laminar: an exception is an error although the status is unset', () => {
  const row = ended(
    {
      'lmnr.span.type': 'TOOL',
      'lmnr.span.path': 'job',
      'lmnr.span.input': '{}',
      'lmnr.association.properties.session_id': 's',
    },
    { events: [exception('ValueError', 'it broke')] },
  )
  expect(row).toMatchObject({
    kind: 'tool',
    status: 'error',
    error_message: 'it broke',
    input: '{}',
    session_id: 's',
  })
})

test('Mastra: steps by their id, flows without their prefix, rounds of an agent as wrappers', () => {
  const span = (name: string, attributes: Attributes) => ended(attributes, { name })
  expect(
    span('invoke_workflow pay', { 'gen_ai.operation.name': 'invoke_workflow', 'mastra.metadata.runId': 'r' }),
  ).toMatchObject({ kind: 'flow', name: 'pay', declared_flow: 'pay', declared_run_id: 'r' })
  expect(
    span('workflow_step ask', {
      'mastra.span.type': 'workflow_step',
      'mastra.workflow_step.step_id': 'ask',
      'mastra.workflow_step.status': 'suspended',
      'mastra.metadata.runId': 'r',
    }),
  ).toMatchObject({ kind: 'step', name: 'ask', status: 'suspended', declared_run_id: '', step_role: 0 })
  expect(
    span('agent_step A', { 'gen_ai.operation.name': 'agent_step', 'mastra.span.type': 'model_step' }),
  ).toMatchObject({ kind: 'step', step_role: WRAPPER })
  expect(
    span('invoke_agent A', {
      'mastra.span.type': 'agent_run',
      'mastra.agent_run.output': '{"status":"aborted"}',
    }),
  ).toMatchObject({ kind: 'agent', name: 'A', status: 'cancelled' })
})

test('Traceloop: its kind first, labels without suffixes, the flow on every span', () => {
  const span = (kind: string, name: string, more: Attributes = {}) =>
    ended({ 'traceloop.span.kind': kind, 'traceloop.workflow.name': 'jokes', ...more }, { name })
  expect(span('workflow', 'jokes.workflow', { 'gen_ai.operation.name': 'invoke_agent' })).toMatchObject({
    kind: 'flow',
    name: 'jokes',
  })
  expect(span('task', 'tell.task')).toMatchObject({ name: 'tell', declared_flow: 'jokes', step_role: CHAIN })
  expect(span('task', 'execute_task tell')).toMatchObject({ name: 'tell' })
  expect(span('tool', 'x.tool', { 'traceloop.entity.name': 'look_up' })).toMatchObject({ name: 'look_up' })
  expect(ended({}, { name: 'GET /a.task' }).name).toBe('GET /a.task')
})

test('Logfire: the message is the label, its template the flow, a log is no step', () => {
  const message = { 'logfire.msg_template': 'order {id}', 'logfire.msg': 'order 42' }
  expect(ended({ ...message, 'logfire.span_type': 'span' })).toMatchObject({
    name: 'order 42',
    declared_flow: 'order {id}',
    step_role: 0,
  })
  expect(ended({ ...message, 'logfire.span_type': 'log' }).step_role).toBe(NONE)
})

test('Pydantic AI: an agent without a result was cancelled, one with open tools waits', () => {
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'pydantic_ai.all_messages': '[]' }
  expect(statusOf(agent)).toBe('cancelled')
  expect(statusOf(agent, { status: { code: 2 } })).toBe('error')
  expect(statusOf({ ...agent, final_result: 'done' })).toBe('ok')
  expect(statusOf({ ...agent, final_result: '{"calls":[],"approvals":[{"tool_name":"pay"}]}' })).toBe(
    'suspended',
  )
  expect(statusOf({ ...agent, final_result: '{"calls":[],"approvals":[]}' })).toBe('ok')
})

test('LangGraph: a node is a chain, what it runs is not', () => {
  const link = (name: string) =>
    ended(
      { 'openinference.span.kind': 'CHAIN', metadata: '{"langgraph_node":"ask","thread_id":"t"}' },
      { name },
    )
  expect(link('ask')).toMatchObject({ step_role: CHAIN, session_id: 't' })
  expect(link('route').step_role).toBe(3)
})

test('a step that says so itself is no chain, whatever it says to others', () => {
  expect(ended({ 'weir.kind': 'step', 'openinference.span.kind': 'CHAIN' })).toMatchObject({
    kind: 'step',
    step_role: 0,
  })
})

test('the first token: as a duration, as a time, or by an event', () => {
  const ns = (attributes: Attributes, more: object = {}) => ended(attributes, more).time_to_first_token_ns
  expect(ns({ 'gen_ai.client.operation.time_to_first_chunk': 0.5 })).toBe(500_000_000n)
  expect(ns({ 'langfuse.observation.completion_start_time': '"2023-11-14T22:13:20.004Z"' })).toBe(4_000_000n)
  expect(ns({ 'mastra.completion_start_time': 'no time' })).toBe(0n)
  const events = [1_700_000_000_003_000_000n, 1_700_000_000_004_000_000n].map((timeUnixNano) => ({
    name: 'First Token Stream Event',
    timeUnixNano: String(timeUnixNano),
  }))
  expect(ns({}, { events })).toBe(3_000_000n)
})

test('the model of a call that failed is in its parameters', () => {
  const parameters = '{"model":"gpt-4o","temperature":0}'
  expect(ended({ 'openinference.span.kind': 'LLM', 'llm.invocation_parameters': parameters }).model).toBe(
    'gpt-4o',
  )
  expect(ended({ 'openinference.span.kind': 'CHAIN', 'llm.invocation_parameters': parameters }).model).toBe(
    '',
  )
})
