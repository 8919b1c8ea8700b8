import type { Attributes } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@weir/sdk'
import { writeRequest } from '@weir/sdk/otlp'
import { WEIR_RUN_ID, WEIR_RUN_PARENT_ID } from '@weir/sdk/semconv'

type ExportDone = Parameters<SpanExporter['export']>[1]

/** `ExportResultCode.SUCCESS` of OpenTelemetry. */
const SUCCESS = 0
/** Spans of one request, and of the longest inputs and outputs so few that their JSON fits into one string. */
const MOST_SPANS = 128
const MOST_CHARACTERS = 4 * 1024 * 1024

/** The spans of a trace, and the runs that they are of or that started them. */
interface Trace {
  readonly spans: ReadableSpan[]
  readonly runIds: Set<unknown>
  readonly parentRunIds: Set<unknown>
}

/**
 * Keeps the spans of this process, by trace, until they are taken. Only then are they written as the SDK sends them, so that flows
 * take no longer.
 */
export class SpanKeeper implements SpanExporter {
  readonly #traces: Map<string, Trace> = new Map()
  /** By run id: the traces that hold a span of the run, or of one that it started. */
  readonly #tracesOf: Map<unknown, Set<string>> = new Map()

  export(spans: ReadableSpan[], done: ExportDone): void {
    for (const span of spans) {
      const { traceId } = span.spanContext()
      let trace = this.#traces.get(traceId)
      if (trace === undefined) {
        trace = { spans: [], runIds: new Set(), parentRunIds: new Set() }
        this.#traces.set(traceId, trace)
      }
      trace.spans.push(span)
      const { [WEIR_RUN_ID]: runId, [WEIR_RUN_PARENT_ID]: parentRunId } = span.attributes
      this.#note(runId, trace.runIds, traceId)
      this.#note(parentRunId, trace.parentRunIds, traceId)
    }
    done({ code: SUCCESS })
  }

  async shutdown(): Promise<void> {}

  /**
   * The spans of each of these runs and of those that they started, with all of their traces, as OTLP requests in JSON; forgets them.
   * Runs have the same requests as long as these are not too long together: a request says once what all of its spans have in common.
   * @throws if a span cannot be written
   */
  take(runIds: readonly string[]): Map<string, readonly string[]> {
    const taken = new Map<string, readonly string[]>()
    let requests: string[] = []
    let spans: ReadableSpan[] = []
    let characters = 0
    for (const runId of runIds) {
      for (const span of this.#takeSpans(runId)) {
        spans.push(span)
        characters += charactersOf(span)
      }
      taken.set(runId, requests)
      if (characters < MOST_CHARACTERS) continue
      requests.push(...writeRequests(spans))
      ;[requests, spans, characters] = [[], [], 0]
    }
    requests.push(...writeRequests(spans))
    return taken
  }

  *#takeSpans(runId: string): Generator<ReadableSpan> {
    // What is added to the set while it is gone through is gone through, too.
    const runIds = new Set<unknown>([runId])
    for (const id of runIds) {
      for (const traceId of this.#tracesOf.get(id) ?? []) {
        const trace = this.#traces.get(traceId)!
        for (const own of trace.runIds) runIds.add(own)
        this.#forget(traceId, trace)
        yield* trace.spans
      }
    }
  }

  #note(runId: unknown, known: Set<unknown>, traceId: string): void {
    if (runId === undefined || known.has(runId)) return
    known.add(runId)
    const traces = this.#tracesOf.get(runId)
    if (traces === undefined) this.#tracesOf.set(runId, new Set([traceId]))
    else traces.add(traceId)
  }

  #forget(traceId: string, { runIds, parentRunIds }: Trace): void {
    this.#traces.delete(traceId)
    for (const runId of [...runIds, ...parentRunIds]) {
      const traces = this.#tracesOf.get(runId)
      traces?.delete(traceId)
      if (traces?.size === 0) this.#tracesOf.delete(runId)
    }
  }
}

function writeRequests(spans: readonly ReadableSpan[]): string[] {
  const requests: string[] = []
  for (let at = 0, next = 0; at < spans.length; at = next) {
    next = endOfBatch(spans, at)
    requests.push(writeRequest(spans.slice(at, next)))
  }
  return requests
}

function endOfBatch(spans: readonly ReadableSpan[], from: number): number {
  let characters = 0
  let at = from
  while (at < spans.length && at - from < MOST_SPANS && characters < MOST_CHARACTERS)
    characters += charactersOf(spans[at++]!)
  return at
}

/** Of the texts: all else is short. */
function charactersOf({ attributes, events }: ReadableSpan): number {
  return events.reduce(
    (sum, { attributes = {} }) => sum + charactersOfAll(attributes),
    charactersOfAll(attributes),
  )
}

function charactersOfAll(attributes: Attributes): number {
  let characters = 0
  for (const key in attributes) {
    const value = attributes[key]
    if (typeof value === 'string') characters += value.length
    else if (Array.isArray(value))
      characters += value.reduce<number>((sum, one) => sum + String(one).length, 0)
  }
  return characters
}
