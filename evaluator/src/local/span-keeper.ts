import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { type Prices, protobufOfJson, Scratch, SpanBlock } from '@weir/dialects'
import { WEIR_RUN_ID } from '@weir/sdk/semconv'
import { type RecordedSpan, type RunRecord, readSpans, toRunRecords } from '@weir/store/run-model'

type ExportDone = Parameters<SpanExporter['export']>[1]

/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const SUCCESS = 0
/** Spans of one request: so few that their JSON fits into one string, whatever their inputs and outputs. */
const BATCH = 4
/** Bytes of columns that are filled before they are read. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024

/** As what spans are read. */
export interface Reading {
  /** Its prices count. */
  readonly project: string
  readonly prices: Prices
}

/**
 * Keeps the spans of this process, by trace, until they are taken. Only then are they written as the SDK sends them and read
 * as the collector reads them, so that flows take no longer.
 */
export class SpanKeeper implements SpanExporter {
  readonly #traces: Map<string, ReadableSpan[]> = new Map()
  readonly #reading: Reading

  constructor(reading: Reading) {
    this.#reading = reading
  }

  export(spans: ReadableSpan[], done: ExportDone): void {
    for (const span of spans) {
      const { traceId } = span.spanContext()
      const trace = this.#traces.get(traceId)
      if (trace === undefined) this.#traces.set(traceId, [span])
      else trace.push(span)
    }
    done({ code: SUCCESS })
  }

  async shutdown(): Promise<void> {}

  async forceFlush(): Promise<void> {}

  /** The runs of all traces that hold a span of this run. */
  takeRun(runId: string): RunRecord[] {
    const traces = [...this.#traces].filter(([, spans]) =>
      spans.some(({ attributes }) => attributes[WEIR_RUN_ID] === runId),
    )
    for (const [traceId] of traces) this.#traces.delete(traceId)
    return toRuns(
      traces.flatMap(([, spans]) => spans),
      this.#reading,
    )
  }

  takeAll(): RunRecord[] {
    const spans = [...this.#traces.values()].flat()
    this.#traces.clear()
    return toRuns(spans, this.#reading)
  }
}

/** @throws if a span cannot be written or read */
function toRuns(spans: readonly ReadableSpan[], { project, prices }: Reading): RunRecord[] {
  const [block, scratch] = [new SpanBlock(undefined, prices), new Scratch()]
  const recorded: RecordedSpan[] = []
  for (let at = 0; at < spans.length; at += BATCH) {
    block.append(toRequest(spans.slice(at, at + BATCH), scratch), project)
    const isLast = at + BATCH >= spans.length
    if (isLast || block.size > MAX_UNREAD_BYTES)
      for (const span of readSpans(block.take())) recorded.push(span)
  }
  return toRunRecords(recorded)
}

function toRequest(spans: ReadableSpan[], scratch: Scratch): Buffer {
  const json = JsonTraceSerializer.serializeRequest(spans)
  if (json === undefined) throw new Error('the spans could not be written')
  return protobufOfJson(Buffer.from(json.buffer, json.byteOffset, json.byteLength), scratch)
}
