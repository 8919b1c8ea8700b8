import type { NativeBlock, NativeColumn } from '../native/read-native.ts'
import { factsReader, type StoredFacts } from '../run-model/read-facts.ts'

/** Rows of a block are numbered from a multiple of this on. */
const MOST_ROWS = 2 ** 24

/**
 * The spans of some traces of one project, as they were read: bytes, of which a trace's facts are made when it is its turn. So a
 * pass never has all of them in memory as objects, which would cost more to keep than to make.
 */
export class StoredSpans {
  readonly #blocks: Block[] = []
  /** Where the spans of each trace are. */
  readonly #traces = new Map<string, number[]>()
  readonly #runIds = new Map<string, readonly string[]>()

  /** 32 hex digits each. */
  get traceIds(): Iterable<string> {
    return this.#traces.keys()
  }

  get traceCount(): number {
    return this.#traces.size
  }

  has(traceId: string): boolean {
    return this.#traces.has(traceId)
  }

  /** How many records of spans a trace has. */
  count(traceId: string): number {
    return this.#traces.get(traceId)?.length ?? 0
  }

  /** @returns adds the span that the block has in a row */
  open(block: NativeBlock): (row: number) => void {
    const opened = openBlock(block)
    const first = MOST_ROWS * this.#blocks.push(opened) - MOST_ROWS
    let [last, rows]: [string, number[]] = ['', []]
    return (row) => {
      const traceId = opened.traceId.at(row)!
      if (traceId !== last) {
        last = traceId
        rows = this.#traces.get(traceId) ?? []
        if (rows.length === 0) this.#traces.set(traceId, rows)
      }
      rows.push(first + row)
    }
  }

  delete(traceId: string): void {
    this.#traces.delete(traceId)
  }

  facts(traceIds: Iterable<string>): StoredFacts[] {
    const facts: StoredFacts[] = []
    for (const traceId of traceIds) {
      this.#forEach(traceId, ({ read }, row) => {
        facts.push(read(row))
      })
    }
    return facts
  }

  /** Earliest and latest start of the spans of a trace, nanoseconds since 1970. */
  times(traceId: string): { readonly from: bigint; readonly to: bigint } {
    let [from, to]: [bigint | undefined, bigint] = [undefined, 0n]
    this.#forEach(traceId, ({ start }, row) => {
      const startNs = start[row]!
      if (from === undefined || startNs < from) from = startNs
      if (startNs > to) to = startNs
    })
    return { from: from ?? 0n, to }
  }

  /** When the newest span of a trace was received, milliseconds since 1970. */
  receivedMs(traceId: string): number {
    let newest = 0
    this.#forEach(traceId, ({ received }, row) => {
      newest = Math.max(newest, Number(received[row]))
    })
    return newest
  }

  /** The ids of runs of a trace that another trace may declare, and the ids that it declares. Some may be there more than once. */
  runIds(traceId: string): readonly string[] {
    const known = this.#runIds.get(traceId)
    if (known !== undefined) return known
    const ids = [traceId]
    this.#forEach(traceId, ({ runId, kind, spanId }, row) => {
      const declared = runId.at(row)!
      if (declared === '') {
        if (kind.at(row) === 'flow') ids.push(`${traceId}-${spanId.at(row)}`)
      } else if (declared !== traceId && declared !== ids.at(-1)) ids.push(declared)
    })
    this.#runIds.set(traceId, ids)
    return ids
  }

  #forEach(traceId: string, use: (block: Block, row: number) => void): void {
    for (const position of this.#traces.get(traceId) ?? [])
      use(this.#blocks[Math.floor(position / MOST_ROWS)]!, position % MOST_ROWS)
  }
}

interface Block {
  readonly read: (row: number) => StoredFacts
  readonly traceId: NativeColumn<string>
  readonly spanId: NativeColumn<string>
  readonly kind: NativeColumn<string>
  readonly runId: NativeColumn<string>
  readonly start: BigInt64Array
  readonly received: BigInt64Array
}

function openBlock(block: NativeBlock): Block {
  const texts = (name: string) => block.columns.get(name) as NativeColumn<string>
  const longs = (name: string) => block.columns.get(name) as BigInt64Array
  return {
    read: factsReader(block),
    traceId: texts('trace_id'),
    spanId: texts('span_id'),
    kind: texts('kind'),
    runId: texts('declared_run_id'),
    start: longs('start'),
    received: longs('received'),
  }
}
