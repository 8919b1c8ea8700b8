import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Appended, SpanBlock } from '../columns/span-block.ts'
import { InsertError } from './insert-error.ts'
import type { Ledger } from './ledger.ts'

/** Where blocks go. */
export interface BlockWriter {
  insert(blocks: Buffer, token: string): Promise<void>
}

export interface GroupCommitOptions {
  readonly project: string
  /** Milliseconds that the first request of a group waits for others. */
  readonly wait: number
  /** Bytes at which a group is sent without waiting. */
  readonly groupBytes: number
  /** Limit of what one request may become in a block. */
  readonly requestBytes: number
  /** Groups that are inserted at the same time; while all are busy, the next one grows. */
  readonly parallel: number
  /** Observes each insert: seconds, spans, bytes. */
  readonly observe?: (seconds: number, spans: number, bytes: number) => void
}

/** Pauses between tries of an insert whose outcome is unknown; the token makes the repetition harmless. */
const RETRY_PAUSES = [50, 250, 1000]

/**
 * Requests that come within a few milliseconds share a block and an insert: ClickHouse writes a part per insert,
 * however small it is. Each request is settled when its group is stored.
 */
export class GroupCommit {
  readonly #writer: BlockWriter
  readonly #ledger: Ledger
  readonly #options: GroupCommitOptions
  readonly #block: SpanBlock
  readonly #commits = new Set<Promise<void>>()
  #group: Group | undefined
  #timer: NodeJS.Timeout | undefined
  #inFlightBytes = 0

  constructor(writer: BlockWriter, ledger: Ledger, options: GroupCommitOptions) {
    this.#writer = writer
    this.#ledger = ledger
    this.#options = options
    this.#block = new SpanBlock(options.project, options.requestBytes)
  }

  /** Bytes of spans that are not stored yet. */
  get pendingBytes(): number {
    return this.#block.size + this.#inFlightBytes
  }

  /**
   * Adds a request in protobuf to the current group; `stored` resolves once the group is in ClickHouse.
   * @throws DecodeError where the request is broken, OversizeError where it grows too large; nothing of it is kept
   */
  add(request: Buffer): Appended & { readonly stored: Promise<void> } {
    const appended = this.#block.append(request)
    this.#ledger.receive(appended.accepted, appended.invalid)
    if (appended.accepted === 0) return { ...appended, stored: Promise.resolve() }
    this.#group ??= this.#openGroup()
    const { stored } = this.#group
    if (this.#block.size >= this.#options.groupBytes) this.#commitWhenFree()
    return { ...appended, stored }
  }

  /** Stores what is pending. */
  async drain(): Promise<void> {
    while (this.#group !== undefined || this.#commits.size > 0) {
      this.#commitWhenFree()
      await Promise.allSettled(this.#commits)
    }
  }

  #openGroup(): Group {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.catch(() => undefined)
    this.#timer = setTimeout(() => this.#commitWhenFree(), this.#options.wait)
    return { due: false, stored: promise, resolve, reject }
  }

  #commitWhenFree(): void {
    const group = this.#group
    if (group === undefined) return
    group.due = true
    if (this.#commits.size >= this.#options.parallel) return
    clearTimeout(this.#timer)
    this.#group = undefined
    const commit = this.#commit(group).finally(() => {
      this.#commits.delete(commit)
      if (this.#group?.due) this.#commitWhenFree()
    })
    this.#commits.add(commit)
  }

  async #commit(group: Group): Promise<void> {
    const spans = this.#block.rows
    const blocks = this.#block.take()
    const began = performance.now()
    this.#inFlightBytes += blocks.length
    try {
      await this.#insert(blocks, randomUUID())
      this.#ledger.store(spans)
      group.resolve()
    } catch (error) {
      this.#ledger.refuse(spans)
      group.reject(error)
    } finally {
      this.#inFlightBytes -= blocks.length
      this.#options.observe?.((performance.now() - began) / 1000, spans, blocks.length)
    }
  }

  async #insert(blocks: Buffer, token: string): Promise<void> {
    for (const pause of RETRY_PAUSES) {
      try {
        return await this.#writer.insert(blocks, token)
      } catch (error) {
        if (!(error instanceof InsertError && error.unknownOutcome)) throw error
        await sleep(pause)
      }
    }
    await this.#writer.insert(blocks, token)
  }
}

interface Group {
  /** It has waited long enough, or is large enough. */
  due: boolean
  readonly stored: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}
