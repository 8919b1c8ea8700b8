import {
  GEN_AI_PROVIDER_NAME,
  GEN_AI_REQUEST_MODEL,
  GEN_AI_RESPONSE_MODEL,
  GEN_AI_TOOL_NAME,
  GEN_AI_USAGE_COST,
  GEN_AI_USAGE_INPUT_TOKENS,
  GEN_AI_USAGE_OUTPUT_TOKENS,
  SESSION_ID,
  USER_ID,
  WEIR_FLOW_NAME,
  WEIR_KIND,
  WEIR_RUN_ID,
  WEIR_RUN_STATUS,
  WEIR_STEP_ATTEMPTS,
  WEIR_STEP_FALLBACK,
  WEIR_STEP_NAME,
} from '@weir/sdk/semconv'
import {
  type Artifact,
  type Ending,
  type GraphRecord,
  type RunEnd,
  type RunStart,
  readRecord,
  type SpanEnd,
  type SpanEvent,
  type SpanStart,
  type WholeSpan,
} from './crux-record.ts'
import type { LogConverter } from './log-file.ts'
import { type LogSpan, spanIdOf, traceIdOf, valueAttributes } from './log-span.ts'

interface Span {
  readonly begin: WholeSpan | SpanStart
  end: WholeSpan | SpanEnd | undefined
  input: unknown
  output: unknown
  /** Errors that were retried, the highest number of an attempt that an event names, and whether a fallback took over. */
  errors: number
  attempt: number
  fallback: boolean
}

interface Run {
  start: RunStart | undefined
  end: RunEnd | undefined
  suspendedAt: string | undefined
  readonly spans: Map<string, Span>
}

/** What a primitive is. Others are spans. */
const KINDS: Readonly<Record<string, string>> = {
  'flow.run': 'flow',
  'flow.step': 'step',
  'generation.call': 'model',
  'generation.stream': 'model',
  'agent.run': 'agent',
  'tool.call': 'tool',
  'embedding.call': 'embedder',
  'retrieval.retrieve': 'retriever',
  'retrieval.query': 'retriever',
  'guardrail.run': 'guardrail',
  'scoring.judge': 'evaluator',
}
const INPUTS: ReadonlySet<string> = new Set(['input', 'tool.args', 'messages'])
const OUTPUTS: ReadonlySet<string> = new Set(['output', 'tool.result', 'retrieval.hits'])
/** Statuses that are not in a span's error. */
const STATUSES: ReadonlySet<string> = new Set(['suspended', 'cancelled', 'skipped'])
/** Runs that never end are written once so many have begun after them. */
const MOST_OPEN = 1000

export function crux(): LogConverter {
  return new Crux()
}

class Crux implements LogConverter {
  readonly #runs: Map<string, Run> = new Map();

  *add(value: unknown, wrong: (problem: string) => void): Iterable<LogSpan> {
    for (const each of recordsOf(value)) {
      try {
        yield* this.#addRecord(each)
      } catch (error) {
        wrong((error as Error).message)
      }
    }
  }

  *#addRecord(value: unknown): Iterable<LogSpan> {
    const record = readRecord(value)
    if (record.type === 'edge') return
    const run = this.#runOf(record.runId)
    take(run, record)
    if (run.end !== undefined) yield* this.#close(record.runId)
    const [oldest] = this.#runs.keys()
    if (this.#runs.size > MOST_OPEN && oldest !== undefined) yield* this.#close(oldest)
  }

  *end(): Iterable<LogSpan> {
    for (const runId of [...this.#runs.keys()]) yield* this.#close(runId)
  }

  #runOf(runId: string): Run {
    const run = this.#runs.get(runId) ?? {
      start: undefined,
      end: undefined,
      suspendedAt: undefined,
      spans: new Map(),
    }
    this.#runs.set(runId, run)
    return run
  }

  #close(runId: string): LogSpan[] {
    const run = this.#runs.get(runId)!
    this.#runs.delete(runId)
    return toSpans(runId, run)
  }
}

/** A line is a record, or a batch of them. */
function recordsOf(value: unknown): readonly unknown[] {
  const isBatch =
    typeof value === 'object' && value !== null && 'records' in value && Array.isArray(value.records)
  return isBatch ? (value.records as unknown[]) : [value]
}

function take(run: Run, record: Exclude<GraphRecord, { readonly type: 'edge' }>): void {
  if (record.type === 'run:start') run.start = record
  else if (record.type === 'run:end') run.end = record
  else if (record.type === 'run:suspend') run.suspendedAt = record.suspendedAt
  else if (record.type === 'run:resume') run.suspendedAt = undefined
  else if (record.type === 'span' || record.type === 'span:start')
    run.spans.set(record.spanId, {
      begin: record,
      end: record.type === 'span' ? record : undefined,
      ...{ input: undefined, output: undefined, errors: 0, attempt: 1, fallback: false },
    })
  else {
    const span = run.spans.get(record.spanId ?? '')
    if (span === undefined) return
    if (record.type === 'span:end') span.end = record
    else if (record.type === 'artifact') takeArtifact(span, record)
    else takeEvent(span, record)
  }
}

function takeArtifact(span: Span, { kind, preview }: Artifact): void {
  if (INPUTS.has(kind)) span.input = preview
  else if (OUTPUTS.has(kind)) span.output = preview
}

function takeEvent(span: Span, { name, attributes }: SpanEvent): void {
  if (name === 'retry.error') span.errors += 1
  if (name === 'retry.fallback') span.fallback = true
  const attempt = attributes?.attempt
  if (name.startsWith('retry.') && typeof attempt === 'number') span.attempt = Math.max(span.attempt, attempt)
}

/**
 * The spans of a run. Its outermost span is the run itself where it is what the run says to be; the outermost spans of a flow that was
 * resumed are parts of one run. Else the run is a span around them.
 */
function toSpans(runId: string, run: Run): LogSpan[] {
  const spans = [...run.spans.values()]
  const tops = spans.filter(({ begin }) => !begin.parentSpanId)
  const { start } = run
  const isRun = ({ begin }: Span) => start === undefined || begin.primitive === start.rootPrimitive
  const areRun =
    tops.every(isRun) && (tops.length === 1 || (tops.length > 1 && start?.rootPrimitive === 'flow.run'))
  const isWrapped = start !== undefined && !areRun
  const around = isWrapped ? spanIdOf(`crux ${runId}`) : (start?.triggeredBySpanId ?? '')
  const converted = spans.map((span) =>
    toSpan(span, { runId, around, isTop: tops.includes(span), isPart: !isWrapped }),
  )
  return isWrapped ? [toRunSpan(runId, run, start), ...converted] : converted
}

interface Place {
  readonly runId: string
  /** The span around those that have none in their run. */
  readonly around: string
  readonly isTop: boolean
  /** The outermost spans are the run. */
  readonly isPart: boolean
}

function toSpan(span: Span, { runId, around, isTop, isPart }: Place): LogSpan {
  const { begin, end } = span
  const { primitive, name } = begin
  const kind = KINDS[primitive] ?? 'span'
  const said = { ...begin.attributes, ...end?.attributes }
  const text = (key: string) => (typeof said[key] === 'string' ? said[key] : undefined)
  const metric = (key: string) => {
    const value = end?.metrics?.[key]
    return typeof value === 'number' ? value : undefined
  }
  const label = kind === 'step' ? (text('stepLabel') ?? name) : name
  const isOk = end?.status === 'ok'
  const attempts = Math.max(span.attempt, span.errors + Number(isOk))
  return {
    traceId: begin.traceId ?? traceIdOf(`crux ${runId}`),
    spanId: begin.spanId,
    parentSpanId: begin.parentSpanId ?? around,
    name: label,
    startMs: Date.parse(begin.startedAt),
    endMs: end?.endedAt === undefined ? undefined : Date.parse(end.endedAt),
    error: errorOf(end),
    attributes: {
      [WEIR_KIND]: kind,
      [WEIR_FLOW_NAME]: kind === 'flow' ? name : undefined,
      [WEIR_RUN_ID]: kind === 'flow' && isTop && isPart ? runId : undefined,
      [WEIR_STEP_NAME]: kind === 'step' ? label : undefined,
      [WEIR_STEP_ATTEMPTS]: attempts > 1 ? attempts : undefined,
      [WEIR_STEP_FALLBACK]: span.fallback || undefined,
      [WEIR_RUN_STATUS]: STATUSES.has(end?.status ?? '') ? end?.status : undefined,
      [SESSION_ID]: begin.sessionId,
      [USER_ID]: begin.userId,
      [GEN_AI_TOOL_NAME]: kind === 'tool' ? (begin.toolName ?? text('toolName') ?? name) : undefined,
      'gen_ai.agent.name': kind === 'agent' ? (begin.agentId ?? name) : undefined,
      [GEN_AI_REQUEST_MODEL]: begin.model ?? text('model'),
      [GEN_AI_RESPONSE_MODEL]: text('actualModelId'),
      [GEN_AI_PROVIDER_NAME]: begin.provider ?? text('provider'),
      [GEN_AI_USAGE_INPUT_TOKENS]: metric('inputTokens'),
      [GEN_AI_USAGE_OUTPUT_TOKENS]: metric('outputTokens'),
      [GEN_AI_USAGE_COST]: metric('costUsd'),
      'crux.primitive.name': primitive,
      'crux.flowId': text('flowId'),
      'crux.parentFlowId': text('parentFlowId'),
      ...valueAttributes('input', span.input),
      ...valueAttributes('output', span.output),
    },
  }
}

function toRunSpan(runId: string, run: Run, start: RunStart): LogSpan {
  const { end, suspendedAt } = run
  const isFlow = start.rootPrimitive === 'flow.run'
  const endedAt = end?.endedAt ?? suspendedAt
  const status = end === undefined && suspendedAt !== undefined ? 'suspended' : (end?.status ?? '')
  return {
    traceId: start.traceId ?? traceIdOf(`crux ${runId}`),
    spanId: spanIdOf(`crux ${runId}`),
    parentSpanId: start.triggeredBySpanId ?? '',
    name: start.name,
    startMs: Date.parse(start.startedAt),
    endMs: endedAt === undefined ? undefined : Date.parse(endedAt),
    error: errorOf(end),
    attributes: {
      [WEIR_KIND]: isFlow ? 'flow' : (KINDS[start.rootPrimitive] ?? 'span'),
      [WEIR_FLOW_NAME]: isFlow ? start.name : undefined,
      [WEIR_RUN_STATUS]: STATUSES.has(status) ? status : undefined,
      [SESSION_ID]: start.sessionId,
      [USER_ID]: start.userId,
      'crux.primitive.name': start.rootPrimitive,
    },
  }
}

/** `blocked` is what a guard or a limit refused. */
function errorOf(end: Ending | undefined): LogSpan['error'] {
  if (end?.status !== 'error' && end?.status !== 'blocked') return undefined
  return {
    type: end.error?.name ?? (end.status === 'blocked' ? 'blocked' : ''),
    message: end.error?.message ?? '',
  }
}
