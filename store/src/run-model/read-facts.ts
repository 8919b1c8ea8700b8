import { type NativeBlock, type NativeColumn, readNative } from '../native/read-native.ts'
import { type Payload, toPayload } from './payload.ts'
import { type SpanFacts, STEP_ROLES } from './span-facts.ts'

/** The facts of a span, the project that it is of, and what was read of its input and output. */
export interface StoredFacts extends SpanFacts {
  readonly project: string
  /** How large its input and output are together, in bytes. */
  readonly payloadBytes: number
  /** Undefined: it was not read. */
  readonly payload: Payload | undefined
}

/** The columns of `spans` that {@link readFacts} reads. */
export const FACT_COLUMNS = [
  'project',
  'trace_id',
  'span_id',
  'parent_span_id',
  'name',
  'kind',
  'declared_flow',
  'declared_run_id',
  'declared_parent_run_id',
  'status',
  'service',
  'environment',
  'version',
  'session_id',
  'user_id',
  'experiment_id',
  'case_id',
  'trial',
  'step_index',
  'step_attempts',
  'declared_steps',
  'step_fallback',
  'step_role',
  'model',
  'provider',
  'input_tokens',
  'output_tokens',
  'cached_input_tokens',
  'reasoning_tokens',
  'cost',
  'cost_estimated',
  'error_type',
  'error_message',
  'start',
  'end',
  'metadata',
  'otel_kind',
  'flags',
  'received',
] as const

/** Columns of an answer that has inputs and outputs as far as they are small. */
const SMALL: Readonly<Record<string, string>> = { input: 'small_input', output: 'small_output' }
const NO_PARENT = '0'.repeat(16)
/** Bits of OTLP's span flags: whether the client says where the parent is, and whether it is in another process. */
const SAYS_REMOTE = 0x100
const IS_REMOTE = 0x200
/** OTLP's SpanKind. */
const SERVER = 2
const CONSUMER = 5

/**
 * Spans from blocks in ClickHouse's Native format: an answer with {@link FACT_COLUMNS}, or what the collector writes. What a
 * block does not have (`received`, `payload_bytes`) is 0.
 */
export function readFacts(bytes: Buffer): StoredFacts[] {
  const facts: StoredFacts[] = []
  for (const block of readNative(bytes)) {
    const read = factsReader(block)
    for (let row = 0; row < block.rows; row++) facts.push(read(row))
  }
  return facts
}

/** Gives the facts of the span that a block has in a row. */
export function factsReader({ columns }: NativeBlock): (row: number) => StoredFacts {
  const texts = (name: string) => columns.get(name) as NativeColumn<string>
  const numbers = (name: string) => columns.get(name) as Float64Array
  const longs = (name: string) => columns.get(name) as BigInt64Array
  const [project, traceId, spanId, parent] = [
    texts('project'),
    texts('trace_id'),
    texts('span_id'),
    texts('parent_span_id'),
  ]
  const [name, kind, flow, runId, parentRunId] = [
    texts('name'),
    texts('kind'),
    texts('declared_flow'),
    texts('declared_run_id'),
    texts('declared_parent_run_id'),
  ]
  const [status, service, environment, version] = [
    texts('status'),
    texts('service'),
    texts('environment'),
    texts('version'),
  ]
  const [sessionId, userId, experimentId, caseId] = [
    texts('session_id'),
    texts('user_id'),
    texts('experiment_id'),
    texts('case_id'),
  ]
  const [trial, stepIndex, stepAttempts, stepFallback] = [
    numbers('trial'),
    numbers('step_index'),
    numbers('step_attempts'),
    numbers('step_fallback'),
  ]
  const [model, provider, errorType, errorMessage, metadata] = [
    texts('model'),
    texts('provider'),
    texts('error_type'),
    texts('error_message'),
    texts('metadata'),
  ]
  const [inputTokens, outputTokens, cachedInputTokens, reasoningTokens, cost] = [
    numbers('input_tokens'),
    numbers('output_tokens'),
    numbers('cached_input_tokens'),
    numbers('reasoning_tokens'),
    numbers('cost'),
  ]
  const [start, end, otelKind, flags] = [longs('start'), longs('end'), numbers('otel_kind'), numbers('flags')]
  const costEstimated = numbers('cost_estimated')
  const stepRole = numbers('step_role')
  const declaredSteps = numbers('declared_steps')
  const received = columns.get('received') as BigInt64Array | undefined
  const payloadBytes = columns.get('payload_bytes') as Float64Array | undefined
  const hasPayload = columns.get('has_payload') as Float64Array | undefined
  return (row) => {
    const parentSpanId = parent.at(row)!
    const wire = flags[row]!
    return {
      project: project.at(row)!,
      traceId: traceId.at(row)!,
      spanId: spanId.at(row)!,
      parentSpanId: parentSpanId === NO_PARENT ? '' : parentSpanId,
      isParentRemote:
        (wire & SAYS_REMOTE) === 0 && (wire & IS_REMOTE) === 0 ? undefined : (wire & IS_REMOTE) !== 0,
      isServer: otelKind[row] === SERVER || otelKind[row] === CONSUMER,
      name: name.at(row)!,
      kind: kind.at(row)!,
      flow: flow.at(row)!,
      runId: runId.at(row)!,
      parentRunId: parentRunId.at(row)!,
      status: status.at(row)!,
      startNs: start[row]!,
      endNs: end[row]!,
      service: service.at(row)!,
      environment: environment.at(row)!,
      version: version.at(row)!,
      sessionId: sessionId.at(row)!,
      userId: userId.at(row)!,
      experimentId: experimentId.at(row)!,
      caseId: caseId.at(row)!,
      trial: trial[row]!,
      stepIndex: stepIndex[row]!,
      stepAttempts: stepAttempts[row]!,
      stepFallback: stepFallback[row] === 1,
      stepRole: STEP_ROLES[stepRole[row]!] ?? '',
      declaredSteps: declaredSteps[row]!,
      model: model.at(row)!,
      provider: provider.at(row)!,
      inputTokens: inputTokens[row]!,
      outputTokens: outputTokens[row]!,
      cachedInputTokens: cachedInputTokens[row]!,
      reasoningTokens: reasoningTokens[row]!,
      cost: cost[row]!,
      isCostEstimated: costEstimated[row] === 1,
      isCostUnknown: costEstimated[row] === 2,
      errorType: errorType.at(row)!,
      errorMessage: errorMessage.at(row)!,
      metadata: metadata.at(row)!,
      payloadBytes: payloadBytes === undefined ? 0 : payloadBytes[row]!,
      payload:
        hasPayload?.[row] === 1
          ? toPayload((column) => columns.get(SMALL[column] ?? column)!.at(row))
          : undefined,
      receivedMs: received === undefined ? 0 : Number(received[row]),
    }
  }
}
