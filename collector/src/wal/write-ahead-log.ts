import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockDirectory } from '@weir/config'
import { backpressure, type Refusal } from '../refusal.ts'
import { Ledger, type Outcome } from './ledger.ts'
import { LedgerFile } from './ledger-file.ts'
import type { LogOptions, LogSnapshot, SegmentSink } from './log-options.ts'
import { Quarantine } from './quarantine.ts'
import { recoverSegments } from './recover-segments.ts'
import { openedAt, removeSegment, type Segment } from './segment.ts'
import { SegmentWriter } from './segment-writer.ts'

/** Milliseconds that a segment waits for more requests, so that those that come together share an insert. */
const GATHER = 20
/** Milliseconds that requests are refused for after the disk has failed, before it is tried again. */
const FAILURE_PAUSE = 250
const FINISH_PAUSE = 1000

/**
 * Blocks of spans on the disk, from their acknowledgement until ClickHouse has them. Blocks are appended to the
 * current segment; a closed one is handed over to be delivered, and deleted once it is finished.
 */
export class WriteAheadLog {
  readonly ledger: Ledger
  readonly quarantine: Quarantine
  readonly #options: LogOptions
  readonly #ledgerFile: LedgerFile
  readonly #unlock: () => void
  /** Bytes of the segments that are not finished, oldest first. */
  readonly #segments = new Map<string, number>()
  /** When the segments were opened, by the monotonic clock. */
  readonly #openedAt = new Map<string, number>()
  /** Closed segments, until there is a sink. */
  readonly #recovered: Segment[]
  /** Segments that the ledger has counted, whose files may still be there. */
  #counted: string[] = []
  #current: SegmentWriter | undefined
  #failure: { readonly at: number; readonly reason: string } | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #finishing: Promise<unknown> = Promise.resolve()
  #isClosing = false
  #sink: SegmentSink | undefined
  #refused: string | undefined
  #timer: NodeJS.Timeout | undefined
  #isDue = false
  #closedAt = Number.NEGATIVE_INFINITY

  private constructor(
    options: LogOptions,
    parts: {
      readonly ledger: Ledger
      readonly ledgerFile: LedgerFile
      readonly quarantine: Quarantine
      readonly recovered: Segment[]
      readonly unlock: () => void
    },
  ) {
    this.#options = options
    this.ledger = parts.ledger
    this.#ledgerFile = parts.ledgerFile
    this.quarantine = parts.quarantine
    this.#recovered = parts.recovered
    this.#unlock = parts.unlock
    for (const { name, bytes } of parts.recovered) {
      this.#segments.set(name, bytes)
      this.#openedAt.set(name, performance.now() - Math.max(0, Date.now() - openedAt(name)))
    }
  }

  /**
   * @throws DirectoryInUseError where another collector has it open
   * @throws LogFormatError where a newer version has written in it
   */
  static async open(options: LogOptions): Promise<WriteAheadLog> {
    const { directory, log, timeoutMs } = options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const unlock = await lockDirectory(directory, timeoutMs)
    try {
      const quarantine = await Quarantine.open(directory, log)
      const { file: ledgerFile, saved } = await LedgerFile.open(directory)
      const recovered = await recoverSegments(directory, saved.counted, quarantine)
      const ledger = new Ledger(saved.totals)
      for (const segment of recovered) ledger.recover(segment)
      const rows = recovered.reduce((sum, segment) => sum + segment.rows, 0)
      if (recovered.length > 0)
        log.info({ segments: recovered.length, rows }, 'segments of an earlier process are to be delivered')
      return new WriteAheadLog(options, { ledger, ledgerFile, quarantine, recovered, unlock })
    } catch (error) {
      unlock()
      throw error
    }
  }

  /** Hands over the segments that are left, and each one that is closed from now on. */
  deliverTo(sink: SegmentSink): void {
    this.#sink = sink
    for (const segment of this.#recovered.splice(0)) sink.add(segment)
    this.closeIfDue()
  }

  /** Takes nothing any more, and hands nothing over: what it holds stays for the next process. */
  refuse(reason: string): void {
    this.#refused = reason
  }

  /** Hands over the current segment if it is old enough, and would be inserted at once. */
  closeIfDue(): void {
    if (!this.#isDue || !this.#sink?.isIdle) return
    this.#isDue = false
    void this.closeSegment()
  }

  /**
   * Why spans cannot be taken now.
   * @param waiting bytes that are about to be appended
   */
  refusal(waiting: number = 0): Refusal | undefined {
    if (this.#refused !== undefined) return backpressure(this.#refused)
    if (this.#failure && performance.now() - this.#failure.at < FAILURE_PAUSE) {
      return backpressure(`the log cannot be written: ${this.#failure.reason}`)
    }
    const { maxBytes } = this.#options
    if (this.#bytes + waiting < maxBytes) return undefined
    // `weir quarantine` may have made room.
    this.quarantine.refresh()
    if (this.#bytes + waiting < maxBytes) return undefined
    return backpressure(
      `the log has reached its ${maxBytes} bytes, ClickHouse does not take spans fast enough`,
    )
  }

  /**
   * Resolves once the block is on the disk.
   * @throws Refusal where it cannot be written; nothing of it is kept
   */
  append(block: Buffer, rows: number): Promise<void> {
    return this.#exclusive(async () => {
      const rejected = this.ledger.takeUnlogged()
      try {
        this.#current ??= await this.#open()
        await this.#current.append(block, rows, rejected)
        if (!this.#segments.has(this.#current.name)) this.#openedAt.set(this.#current.name, performance.now())
        this.#segments.set(this.#current.name, this.#current.bytes)
        this.#failure = undefined
      } catch (error) {
        this.ledger.refuse(rows, rejected)
        throw await this.#fail(error as Error)
      }
      if (this.#isFull(this.#current)) await this.#closeCurrent()
      else this.#schedule()
    })
  }

  /** Hands over the current segment. */
  closeSegment(): Promise<void> {
    return this.#exclusive(() => this.#closeCurrent())
  }

  /** Names of the segments that ClickHouse does not have yet. */
  get unfinished(): string[] {
    return [...this.#segments.keys()]
  }

  /** @throws Refusal where spans cannot be taken now */
  async ready(): Promise<void> {
    const refusal = this.refusal()
    if (refusal) throw refusal
    if (this.#failure === undefined) return
    // Nobody sends to a collector that is not ready, so that nobody else would find out that the disk works again.
    await this.#exclusive(async () => {
      try {
        this.#current ??= await this.#open()
        this.#failure = undefined
      } catch (error) {
        throw await this.#fail(error as Error)
      }
    })
  }

  /** Counts what became of a segment, then deletes it. */
  finish(segment: Segment, outcome: Outcome): Promise<void> {
    this.ledger.finish(segment, outcome)
    this.#counted.push(segment.name)
    const finishing = this.#finishing.then(async () => {
      await this.#untilDone(() => this.#saveLedger())
      await this.#untilDone(() => removeSegment(segment))
      this.#counted = this.#counted.filter((name) => name !== segment.name)
      this.#segments.delete(segment.name)
      this.#openedAt.delete(segment.name)
    })
    this.#finishing = finishing.catch(() => undefined)
    return finishing
  }

  snapshot(): LogSnapshot {
    this.quarantine.refresh()
    const [oldest] = this.#segments.keys()
    return {
      bytes: this.#bytes,
      maxBytes: this.#options.maxBytes,
      segments: this.#segments.size,
      quarantinedBlocks: this.quarantine.files,
      quarantinedSpans: this.quarantine.rows,
      quarantinedBytes: this.quarantine.bytes,
      lagSeconds: oldest === undefined ? 0 : (performance.now() - this.#openedAt.get(oldest)!) / 1000,
    }
  }

  /** Nothing may be appended any more; segments that are not finished stay for the next process. */
  async close(): Promise<void> {
    this.#isClosing = true
    await this.closeSegment()
    await this.#finishing
    await this.#saveLedger().catch((error: Error) => this.#warn(error))
    await this.#ledgerFile.close()
    this.#unlock()
  }

  get #bytes(): number {
    let bytes = this.quarantine.bytes
    for (const size of this.#segments.values()) bytes += size
    return bytes
  }

  #open(): Promise<SegmentWriter> {
    return SegmentWriter.create(this.#options.directory, this.#options.columns)
  }

  #isFull({ bytes, rows }: SegmentWriter): boolean {
    return bytes >= this.#options.segmentBytes || rows >= this.#options.segmentRows
  }

  /** The current segment is not trusted any more, except for what it held before. */
  async #fail(cause: Error): Promise<Refusal> {
    if (this.#failure === undefined)
      this.#options.log.error({ reason: cause.message }, 'the log cannot be written')
    await this.#closeCurrent()
    this.#failure = { at: performance.now(), reason: cause.message }
    return backpressure(`the log cannot be written: ${cause.message}`, { cause })
  }

  async #closeCurrent(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isDue = false
    this.#closedAt = performance.now()
    const segment = await current?.close()
    if (segment === undefined) return
    if (this.#sink) this.#sink.add(segment)
    else this.#recovered.push(segment)
  }

  #schedule(): void {
    if (this.#timer || this.#isDue) return
    const pause = Math.max(GATHER, this.#closedAt + this.#options.interval - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#isDue = true
      this.closeIfDue()
    }, pause)
  }

  #saveLedger(): Promise<void> {
    return this.#ledgerFile.save({ totals: this.ledger.finished(this.#isClosing), counted: this.#counted })
  }

  /** A disk that fails now may work later; until then the segment's files stay, and say so to the next process. */
  async #untilDone(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        this.#warn(error as Error)
        if (this.#isClosing) throw error
        await sleep(FINISH_PAUSE)
      }
    }
  }

  #warn({ message }: Error): void {
    this.#options.log.error({ reason: message }, 'a segment that was delivered cannot be counted or deleted')
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
