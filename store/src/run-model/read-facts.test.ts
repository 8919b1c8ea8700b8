import { expect, test } from 'vitest'
import { blockOf as nativeOf } from '../native/testing.ts'
import { FACT_COLUMNS, readFacts } from './read-facts.ts'
import { SPAN } from './testing.ts'

const TYPES: Readonly<Record<string, string>> = {
  trace_id: 'FixedString(16)',
  span_id: 'FixedString(8)',
  parent_span_id: 'FixedString(8)',
  trial: 'UInt32',
  step_index: 'Int32',
  step_attempts: 'UInt32',
  step_fallback: 'UInt8',
  step_role: 'UInt8',
  input_tokens: 'UInt64',
  output_tokens: 'UInt64',
  cached_input_tokens: 'UInt64',
  reasoning_tokens: 'UInt64',
  cost: 'Float64',
  cost_estimated: 'UInt8',
  start: "DateTime64(9, 'UTC')",
  end: "DateTime64(9, 'UTC')",
  otel_kind: 'UInt8',
  flags: 'UInt32',
  received: "DateTime64(3, 'UTC')",
  payload_bytes: 'UInt64',
}

/** A block of spans that say nothing but what differs in each. */
function blockOf(spans: readonly Record<string, unknown>[], names: readonly string[] = FACT_COLUMNS): Buffer {
  return nativeOf(
    names.map((name) => {
      const type = TYPES[name] ?? 'String'
      const nothing = type === 'String' || type.startsWith('FixedString') ? '' : 0
      return { name, type, values: spans.map((span) => span[name] ?? nothing) }
    }),
  )
}

test('every column becomes the fact that it is', () => {
  const ids = { trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8), parent_span_id: 'ef'.repeat(8) }
  const texts = FACT_COLUMNS.filter((name) => TYPES[name] === undefined)
  const numbers = FACT_COLUMNS.filter((name) => TYPES[name] !== undefined && !(name in ids))
  const said = {
    ...ids,
    ...Object.fromEntries(texts.map((name) => [name, `the ${name}`])),
    ...Object.fromEntries(numbers.map((name, index) => [name, index + 1])),
    step_fallback: 1,
    step_role: 2,
    cost_estimated: 1,
    start: 1_767_225_600_123_456_789n,
    end: 1_767_225_600_123_456_790n,
    received: 1_767_225_600_123n,
  }
  const [facts, ...others] = readFacts(
    blockOf([{ ...said, payload_bytes: 70 }], [...FACT_COLUMNS, 'payload_bytes']),
  )
  expect(others).toEqual([])
  expect(facts).toEqual({
    project: 'the project',
    traceId: ids.trace_id,
    spanId: ids.span_id,
    parentSpanId: ids.parent_span_id,
    isParentRemote: undefined,
    isServer: false,
    name: 'the name',
    kind: 'the kind',
    flow: 'the declared_flow',
    runId: 'the declared_run_id',
    parentRunId: 'the declared_parent_run_id',
    status: 'the status',
    service: 'the service',
    environment: 'the environment',
    version: 'the version',
    sessionId: 'the session_id',
    userId: 'the user_id',
    experimentId: 'the experiment_id',
    caseId: 'the case_id',
    trial: 1,
    stepIndex: 2,
    stepAttempts: 3,
    stepFallback: true,
    stepRole: 'wrapper',
    isCostEstimated: true,
    isCostUnknown: false,
    model: 'the model',
    provider: 'the provider',
    inputTokens: 6,
    outputTokens: 7,
    cachedInputTokens: 8,
    reasoningTokens: 9,
    cost: 10,
    errorType: 'the error_type',
    errorMessage: 'the error_message',
    startNs: said.start,
    endNs: said.end,
    metadata: 'the metadata',
    receivedMs: 1_767_225_600_123,
    payloadBytes: 70,
  })
})

test('zero bytes are no parent, time 0 is no end, -1 is no declared occurrence', () => {
  const [facts] = readFacts(blockOf([{ step_index: -1 }]))
  expect(facts).toMatchObject({ parentSpanId: '', endNs: 0n, stepIndex: -1, stepFallback: false })
})

test.each([
  [0x0, undefined],
  [0x1, undefined],
  [0x100, false],
  [0x101, false],
  [0x300, true],
  [0x200, true],
])('flags %i say of a remote parent: %s', (flags, isParentRemote) => {
  expect(readFacts(blockOf([{ flags }]))).toMatchObject([{ isParentRemote }])
})

test('kinds SERVER and CONSUMER of OpenTelemetry are those of servers', () => {
  const facts = readFacts(blockOf([0, 1, 2, 3, 4, 5].map((otel_kind) => ({ otel_kind }))))
  expect(facts.map(({ isServer }) => isServer)).toEqual([false, false, true, false, false, true])
})

test('several blocks, one after the other; what the collector does not write is 0', () => {
  const unstored = FACT_COLUMNS.filter((name) => name !== 'received')
  const bytes = Buffer.concat([
    blockOf([{ name: 'a' }, { name: 'b' }], unstored),
    blockOf([{ name: 'c', received: 7 }]),
  ])
  expect(
    readFacts(bytes).map(({ name, receivedMs, payloadBytes }) => [name, receivedMs, payloadBytes]),
  ).toEqual([
    ['a', 0, 0],
    ['b', 0, 0],
    ['c', 7, 0],
  ])
})

test('the facts of a test say all that stored ones do', () => {
  expect(Object.keys(readFacts(blockOf([{}]))[0]!).sort()).toEqual(
    ['project', 'payloadBytes', 'payload', ...Object.keys(SPAN)].sort(),
  )
})
