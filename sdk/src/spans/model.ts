import type { Attributes } from '@opentelemetry/api'
import { checkKnown, expected } from '../errors.ts'
import {
  GEN_AI_CONVERSATION_ID,
  GEN_AI_OPERATION_NAME,
  GEN_AI_PROVIDER_NAME,
  GEN_AI_REQUEST_MODEL,
  GEN_AI_RESPONSE_MODEL,
  GEN_AI_TOOL_NAME,
  GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  GEN_AI_USAGE_COST,
  GEN_AI_USAGE_INPUT_TOKENS,
  GEN_AI_USAGE_OUTPUT_TOKENS,
  GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  OPENINFERENCE_SPAN_KIND,
  SESSION_ID,
  WEIR_FLOW_NAME,
  WEIR_KIND,
  WEIR_RUN_ID,
} from '../semconv.ts'
import { capture, type Subject } from '../values/capture.ts'
import { observeStream } from '../values/streams.ts'
import { recordFailure } from './record-error.ts'
import { callIn, currentScope, placeOf } from './scope.ts'
import type { RecordedSpan } from './span.ts'
import { startSpan } from './start-span.ts'

export interface ModelCall {
  /** Names the span. Default: `chat <model>`. */
  readonly name?: string | undefined
  /** Who serves the model, such as `openai`. */
  readonly provider: string
  readonly model: string
  /** The prompt or messages, to be recorded. */
  readonly input?: unknown
  /** With which you stop the call yourself: its abort is a cancellation, and no failure. */
  readonly signal?: AbortSignal | undefined
}

export interface ToolCall {
  readonly name: string
  /** The arguments, to be recorded. */
  readonly input?: unknown
  /** With which you stop the call yourself: its abort is a cancellation, and no failure. */
  readonly signal?: AbortSignal | undefined
}

/** What one model call used. */
export interface Usage {
  /** All input tokens, cached ones included. */
  readonly inputTokens?: number | undefined
  /** All output tokens, reasoning included. */
  readonly outputTokens?: number | undefined
  readonly cachedInputTokens?: number | undefined
  readonly reasoningTokens?: number | undefined
  /** US dollars. */
  readonly cost?: number | undefined
}

export interface ToolSpan {
  /** Records this instead of what the function returns: for a stream, or for a part of a large answer. */
  setOutput(output: unknown): void
}

export interface ModelSpan extends ToolSpan {
  setUsage(usage: Usage): void
  /** The exact model that answered, where it differs from the one asked for. */
  setResponseModel(model: string): void
}

const USAGE_ATTRIBUTES = {
  inputTokens: GEN_AI_USAGE_INPUT_TOKENS,
  outputTokens: GEN_AI_USAGE_OUTPUT_TOKENS,
  cachedInputTokens: GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  reasoningTokens: GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  cost: GEN_AI_USAGE_COST,
} as const

class CallSpan implements ModelSpan {
  hasOutput = false
  readonly #span: RecordedSpan | undefined
  readonly #subject: Subject

  constructor(span: RecordedSpan | undefined, subject: Subject) {
    this.#span = span
    this.#subject = subject
  }

  setOutput(output: unknown): void {
    this.hasOutput = true
    capture(this.#span, 'output', this.#subject, output)
  }

  setUsage(usage: Usage): void {
    for (const [key, attribute] of Object.entries(USAGE_ATTRIBUTES)) {
      const value = usage?.[key as keyof Usage]
      if (typeof value === 'number' && Number.isFinite(value)) this.#span?.set(attribute, value)
    }
  }

  setResponseModel(model: string): void {
    this.#span?.set(GEN_AI_RESPONSE_MODEL, model)
  }
}

/**
 * Records a call of a language model around `fn`. What `fn` returns is recorded as the output unless it calls `setOutput`. Of a
 * stream that is what its reader reads, and the span ends with the stream.
 */
export async function traceModel<T>(call: ModelCall, fn: (span: ModelSpan) => T | Promise<T>): Promise<T> {
  checkKnown('traceModel', call, KNOWN_OF_MODEL)
  const { name, provider, model, input } = call
  requireText('provider', provider)
  requireText('model', model)
  const attributes: Attributes = {
    [WEIR_KIND]: 'model',
    [GEN_AI_OPERATION_NAME]: 'chat',
    [GEN_AI_PROVIDER_NAME]: provider,
    [GEN_AI_REQUEST_MODEL]: model,
    [OPENINFERENCE_SPAN_KIND]: 'LLM',
  }
  return traceCall(
    name ?? `chat ${model}`,
    { kind: 'model', name: model, input, signal: call.signal },
    attributes,
    fn,
  )
}

const KNOWN_OF_MODEL = new Set(['name', 'provider', 'model', 'input', 'signal'])
const KNOWN_OF_TOOL = new Set(['name', 'input', 'signal'])

/** Records a call of a tool around `fn`, as {@link traceModel} does for a model. */
export async function traceTool<T>(call: ToolCall, fn: (span: ToolSpan) => T | Promise<T>): Promise<T> {
  checkKnown('traceTool', call, KNOWN_OF_TOOL)
  const { name, input } = call
  requireText('name', name)
  const attributes: Attributes = {
    [WEIR_KIND]: 'tool',
    [GEN_AI_OPERATION_NAME]: 'execute_tool',
    [GEN_AI_TOOL_NAME]: name,
    [OPENINFERENCE_SPAN_KIND]: 'TOOL',
  }
  return traceCall(`execute_tool ${name}`, { kind: 'tool', name, input, signal: call.signal }, attributes, fn)
}

interface Call {
  readonly kind: 'model' | 'tool'
  readonly name: string
  readonly input: unknown
  readonly signal: AbortSignal | undefined
}

async function traceCall<T>(
  spanName: string,
  call: Call,
  attributes: Attributes,
  fn: (span: ModelSpan) => T | Promise<T>,
): Promise<T> {
  if (typeof fn !== 'function') throw expected(`function of ${call.kind} "${call.name}"`, 'a function', fn)
  const scope = currentScope()
  const { run, session, signal } = scope
  if (run !== undefined) {
    attributes[WEIR_RUN_ID] = run.runId
    attributes[WEIR_FLOW_NAME] = run.flow
  } else if (session !== undefined) {
    attributes[SESSION_ID] = session
    attributes[GEN_AI_CONVERSATION_ID] = session
  }
  const place = placeOf(scope)
  const span = startSpan(spanName, attributes, place)
  const subject: Subject = { kind: call.kind, name: call.name, key: undefined, scope }
  const handle = new CallSpan(span, subject)
  capture(span, 'input', subject, call.input)
  const inside = { ...scope, span }
  let isOpen = false
  try {
    const output = await callIn(inside, place.base, fn, handle)
    const stream = observeStream(output, {
      span,
      subject,
      fields: inside,
      base: place.base,
      finish: () => span?.end(),
      records: () => !handle.hasOutput,
    })
    isOpen = stream !== undefined
    if (!isOpen && !handle.hasOutput) capture(span, 'output', subject, output)
    return (stream ?? output) as T
  } catch (error) {
    recordFailure(
      span,
      error,
      subject,
      [signal, call.signal].filter((one) => one !== undefined),
    )
    throw error
  } finally {
    if (!isOpen) span?.end()
  }
}

function requireText(option: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw expected(option, 'a non-empty string', value)
}
