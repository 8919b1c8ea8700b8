import { ROOT_CONTEXT, type SpanContext, TraceFlags, trace } from '@opentelemetry/api'
import { expected } from '../errors.ts'
import { builtin } from '../platform.ts'
import {
  SESSION_ID,
  USER_ID,
  WEIR_CASE_ID,
  WEIR_EXPERIMENT_ID,
  WEIR_FLOW_NAME,
  WEIR_RUN_ID,
  WEIR_TRIAL,
} from '../semconv.ts'
import { validOnly } from '../spans/ids.ts'
import { callIn, currentScope, OUTSIDE, placeOf } from '../spans/scope.ts'
import type { ExperimentTrial, RunState } from './run-state.ts'

/**
 * Where code runs, as texts that reach another process or thread: the W3C headers of
 * https://www.w3.org/TR/trace-context/ and https://www.w3.org/TR/baggage/. Empty outside of any run and span.
 */
export interface FlowCarrier {
  readonly traceparent?: string
  readonly baggage?: string
}

/** Headers, as any framework has them. */
export type HeaderSource =
  | Readonly<Record<string, unknown>>
  | { get(name: string): string | null | undefined }

/** Bytes of baggage that every receiver takes: https://www.w3.org/TR/baggage/#limits */
const MAX_BAGGAGE = 8_192

/** The run, session, user and trial that the caller is in, to be sent along. */
export function flowContext(): FlowCarrier {
  const scope = currentScope()
  const { parent } = placeOf(scope)
  const { run, session } = scope
  const entries: [string, string | undefined][] = [
    [WEIR_RUN_ID, run?.runId],
    [WEIR_FLOW_NAME, run?.flow],
    [SESSION_ID, run?.session ?? session],
    [USER_ID, run?.user],
    [WEIR_EXPERIMENT_ID, run?.experiment?.id],
    [WEIR_CASE_ID, run?.experiment?.caseId],
    [WEIR_TRIAL, run?.experiment?.trial.toString()],
  ]
  let baggage = ''
  for (const [key, value] of entries) {
    if (value === undefined) continue
    const entry = `${baggage === '' ? '' : ','}${key}=${encodeURIComponent(value.toWellFormed())}`
    if (baggage.length + entry.length <= MAX_BAGGAGE) baggage += entry
  }
  return {
    ...(parent === undefined ? {} : { traceparent: `00-${parent.traceId}-${parent.spanId}-01` }),
    ...(baggage === '' ? {} : { baggage }),
  }
}

/**
 * Calls `fn` where another process or thread was: a flow that runs inside is a nested run of that one's run, a step belongs to
 * it. What is not there or not understood is left out.
 *
 * @param carrier what `flow.context()` gave, or the headers of a request
 */
export function runWithin<R>(carrier: HeaderSource, fn: () => R): R {
  if (typeof carrier !== 'object' || carrier === null) throw expected('flow.within', 'headers', carrier)
  if (typeof fn !== 'function') throw expected('function of flow.within', 'a function', fn)
  const parent = parseTraceparent(header(carrier, 'traceparent'))
  const baggage = parseBaggage(header(carrier, 'baggage'))
  const session = baggage.get(SESSION_ID)
  const runId = baggage.get(WEIR_RUN_ID)
  const run: RunState | undefined =
    runId === undefined
      ? undefined
      : {
          runId,
          flow: baggage.get(WEIR_FLOW_NAME) ?? '',
          session,
          user: baggage.get(USER_ID),
          experiment: parseTrial(baggage),
          isRemote: true,
          occurrences: new Map(),
          steps: 0,
          chunk: undefined,
          listeners: [],
        }
  const base = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
  return callIn({ ...OUTSIDE, run, session }, base, fn)
}

function header(carrier: HeaderSource, name: string): string {
  const { get } = carrier as { readonly get?: unknown }
  const value =
    typeof get === 'function' ? get.call(carrier, name) : (carrier as Readonly<Record<string, unknown>>)[name]
  const first: unknown = Array.isArray(value) ? value.join(',') : value
  return typeof first === 'string' ? first : ''
}

/** https://www.w3.org/TR/trace-context/#traceparent-header: a later version may add to it. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(?:-.*)?$/

function parseTraceparent(text: string): SpanContext | undefined {
  const [, traceId, spanId] = TRACEPARENT.exec(text.trim()) ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  return validOnly({ traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true })
}

function parseBaggage(text: string): Map<string, string> {
  const entries = new Map<string, string>()
  if (text.length > MAX_BAGGAGE * 2) return entries
  for (const member of text.split(',')) {
    const [pair = ''] = member.split(';')
    const at = pair.indexOf('=')
    if (at < 1) continue
    try {
      const value = decodeURIComponent(pair.slice(at + 1).trim())
      if (value !== '') entries.set(pair.slice(0, at).trim(), value)
    } catch {
      // Not percent-encoded: not an entry of ours.
    }
  }
  return entries
}

function parseTrial(baggage: ReadonlyMap<string, string>): ExperimentTrial | undefined {
  const id = baggage.get(WEIR_EXPERIMENT_ID)
  const caseId = baggage.get(WEIR_CASE_ID)
  const trial = Number(baggage.get(WEIR_TRIAL))
  return id === undefined || caseId === undefined || !Number.isSafeInteger(trial)
    ? undefined
    : { id, caseId, trial }
}

/** A request of undici, and so of `fetch`, before it is sent. */
interface OutgoingRequest {
  readonly origin?: unknown
  readonly headers?: unknown
  addHeader?(name: string, value: string): void
}

/**
 * Sends the context along with requests of `fetch` and undici to these origins. Gives a function that undoes it.
 * @param targets origins such as `https://orders.example`, or patterns of them
 */
export function propagateTo(targets: readonly (string | RegExp)[]): () => void {
  const channel = builtin('node:diagnostics_channel')?.channel('undici:request:create')
  if (targets.length === 0 || channel === undefined) return () => {}
  const onRequest = (message: unknown) => {
    const { request } = message as { readonly request: OutgoingRequest }
    const origin = String(request.origin)
    if (!targets.some((target) => (typeof target === 'string' ? target === origin : target.test(origin))))
      return
    for (const [name, value] of Object.entries(flowContext())) {
      // A second one would make a receiver drop both: https://www.w3.org/TR/trace-context/#traceparent-header
      if (name === 'traceparent' && hasHeader(request, name)) continue
      request.addHeader?.(name, value)
    }
  }
  channel.subscribe(onRequest)
  return () => void channel.unsubscribe(onRequest)
}

/** Their names and values in turn. */
function hasHeader({ headers }: OutgoingRequest, name: string): boolean {
  return (
    Array.isArray(headers) &&
    headers.some((text, index) => index % 2 === 0 && String(text).toLowerCase() === name)
  )
}
