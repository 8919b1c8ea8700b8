import { readVariables } from '@weir/config'
import { protobufOfJson, readPrices, Scratch, SpanBlock } from '@weir/dialects'
import { type RecordedSpan, type RunRecord, readSpans, toRunRecords } from '@weir/store/run-model'

/** Bytes of columns that are filled before they are read. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024

/** Reads spans as the collector reads them, and makes of them the runs that the worker would. */
class RunReader {
  readonly #project: string
  readonly #block: SpanBlock
  readonly #scratch = new Scratch()

  constructor() {
    const { project, prices } = readVariables('eval')
    this.#project = project
    this.#block = new SpanBlock(undefined, readPrices(prices))
  }

  read(requests: readonly string[]): RunRecord[] {
    const spans: RecordedSpan[] = []
    try {
      for (const [nth, request] of requests.entries()) {
        this.#block.append(protobufOfJson(Buffer.from(request), this.#scratch), this.#project)
        if (nth < requests.length - 1 && this.#block.size <= MAX_UNREAD_BYTES) continue
        for (const span of readSpans(this.#block.take())) spans.push(span)
      }
    } catch (error) {
      // The next runs must not get the spans of these.
      this.#block.take()
      throw error
    }
    return toRunRecords(spans)
  }
}

let reader: RunReader | undefined

/**
 * Makes this process ready to read runs, once.
 * @throws ConfigError, PriceFileError where the variables or the file of prices cannot be used
 */
export function startReader(): void {
  reader ??= new RunReader()
}

/**
 * The runs that these spans are of, perhaps among others.
 * @param requests of OTLP, in JSON
 * @throws if a span cannot be read
 */
export function readRuns(requests: readonly string[]): RunRecord[] {
  startReader()
  return reader!.read(requests)
}
