import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { flush, init } from '@weir/sdk'
import type { RunRecord } from '@weir/store'
import { UsageError } from '../errors.ts'
import { toRunRecords } from './run-records.ts'

/** Longest value kept: an evaluation judges what was recorded, so little is cut. */
export const MAX_RECORDED: number = 8 * 1024 * 1024

type ExportDone = Parameters<SpanExporter['export']>[1]

/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const SUCCESS = 0

/** Keeps the spans of this process, by trace, until they are taken. */
class SpanKeeper implements SpanExporter {
  readonly #traces: Map<string, ReadableSpan[]> = new Map()

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

  takeAll(): ReadableSpan[] {
    const spans = [...this.#traces.values()].flat()
    this.#traces.clear()
    return spans
  }
}

const SLOT = Symbol.for('weir.evaluator.recorder.1')
const holder = globalThis as { [SLOT]?: SpanKeeper }

/** Starts the SDK with spans kept in this process. Does nothing if it did so before. */
export function startRecorder(): void {
  if (holder[SLOT] !== undefined) return
  holder[SLOT] = new SpanKeeper()
  init({ exporter: holder[SLOT], capture: { maxLength: MAX_RECORDED } })
}

/** The runs recorded since the last call. */
export async function takeRuns(): Promise<RunRecord[]> {
  const keeper = holder[SLOT]
  if (keeper === undefined)
    throw new UsageError('Nothing is recorded: call startRecorder() before the first run.')
  await flush()
  return toRunRecords(keeper.takeAll())
}
