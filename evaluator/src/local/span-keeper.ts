import type { Attributes } from '@opentelemetry/api'
import { type Prices, protobufOfJson, Scratch, SpanBlock } from '@weir/dialects'
import type { ReadableSpan, SpanExporter } from '@weir/sdk'
import { writeRequest } from '@weir/sdk/otlp'
import { WEIR_RUN_ID, WEIR_RUN_PARENT_ID } from '@weir/sdk/semconv'
import { type RecordedSpan, type RunRecord, readSpans, toRunRecords } from '@weir/store/run-model'

type ExportDone = Parameters<SpanExporter['export']>[1]

/** `ExportResultCode.SUCCESS` of OpenTelemetry. */
const SUCCESS = 0
/** Spans of one request: of the longest inputs and outputs so few that their JSON fits into one string. */
const MOST_SPANS = 128
const MOST_CHARACTERS = 4 * 1024 * 1024
/** Bytes of columns that are filled before they are read. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024

/** As what spans are read. */
export interface Reading {
  /** Its prices count. */
  readonly project: string
  readonly prices: Prices
}

/** The spans of a trace, and the runs that they are of or that started them. */
interface Trace {
  readonly spans: ReadableSpan[]
  readonly runIds: Set<unknown>
  readonly parentRunIds: Set<unknown>
}

/**
 * Keeps the spans of this process, by trace, until they are taken. Only then are they written as the SDK sends them and read
 * as the collector reads them, so that flows take no longer.
 */
export class SpanKeeper implements SpanExporter {
  readonly #traces: Map<string, Trace> = new Map()
  readonly #project: string
  readonly #block: SpanBlock
  readonly #scratch = new Scratch()

  constructor({ project, prices }: Reading) {
    this.#project = project
    this.#block = new SpanBlock(undefined, prices)
  }

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
      if (runId !== undefined) trace.runIds.add(runId)
      if (parentRunId !== undefined) trace.parentRunIds.add(parentRunId)
    }
    done({ code: SUCCESS })
  }

  async shutdown(): Promise<void> {}

  /**
   * The runs of all traces that hold a span of these runs, or of a run that they started; forgets them.
   * @throws if a span cannot be written or read; nothing is forgotten then
   */
  takeRuns(of: readonly string[]): RunRecord[] {
    const runIds = new Set<unknown>(of)
    const found = new Map<string, Trace>()
    let before: number
    do {
      before = found.size
      for (const [traceId, trace] of this.#traces) {
        if (found.has(traceId) || !belongs(trace, runIds)) continue
        for (const id of trace.runIds) runIds.add(id)
        found.set(traceId, trace)
      }
    } while (found.size > before)
    const runs = this.#toRuns([...found.values()].flatMap(({ spans }) => spans))
    for (const traceId of found.keys()) this.#traces.delete(traceId)
    return runs
  }

  #toRuns(spans: readonly ReadableSpan[]): RunRecord[] {
    const recorded: RecordedSpan[] = []
    try {
      for (let at = 0, next = 0; at < spans.length; at = next) {
        next = endOfBatch(spans, at)
        this.#block.append(toRequest(spans.slice(at, next), this.#scratch), this.#project)
        if (next === spans.length || this.#block.size > MAX_UNREAD_BYTES)
          for (const span of readSpans(this.#block.take())) recorded.push(span)
      }
    } catch (error) {
      // The next runs must not get the spans of these.
      this.#block.take()
      throw error
    }
    return toRunRecords(recorded)
  }
}

function endOfBatch(spans: readonly ReadableSpan[], from: number): number {
  let characters = 0
  let at = from
  while (at < spans.length && at - from < MOST_SPANS && characters < MOST_CHARACTERS) {
    const { attributes, events } = spans[at++]!
    characters += charactersOf(attributes)
    for (const event of events) characters += charactersOf(event.attributes ?? {})
  }
  return at
}

/** Of the texts: all else is short. */
function charactersOf(attributes: Attributes): number {
  let characters = 0
  for (const key in attributes) {
    const value = attributes[key]
    if (typeof value === 'string') characters += value.length
    else if (Array.isArray(value))
      characters += value.reduce<number>((sum, one) => sum + String(one).length, 0)
  }
  return characters
}

function belongs(trace: Trace, runIds: ReadonlySet<unknown>): boolean {
  for (const id of trace.runIds) if (runIds.has(id)) return true
  for (const id of trace.parentRunIds) if (runIds.has(id)) return true
  return false
}

function toRequest(spans: ReadableSpan[], scratch: Scratch): Buffer {
  return protobufOfJson(Buffer.from(writeRequest(spans)), scratch)
}
