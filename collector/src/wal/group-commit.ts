import { type Appended, type Cut, type Prices, SpanBlock } from '@weir/dialects'
import type { WriteAheadLog } from './write-ahead-log.ts'

export interface GroupCommitOptions {
  /** Milliseconds that the first request of a group waits for others. */
  readonly wait: number
  /** Bytes at which a group is written without waiting. */
  readonly groupBytes: number
  /** Limit of what one request may become in a block. */
  readonly requestBytes: number
  /** Default: those that come with Weir. */
  readonly prices?: Prices
}

/**
 * Requests that come within a few milliseconds share a block, and a wait for the disk. Each is settled when its group
 * is in the log. While one group is written, the next one grows.
 */
export class GroupCommit {
  readonly #log: WriteAheadLog
  readonly #options: GroupCommitOptions
  readonly #block: SpanBlock
  #group: Group | undefined
  #timer: NodeJS.Timeout | undefined
  #commit: Promise<void> | undefined
  #writtenBytes = 0

  constructor(log: WriteAheadLog, options: GroupCommitOptions) {
    this.#log = log
    this.#options = options
    this.#block = new SpanBlock(options.requestBytes, options.prices)
  }

  /** Bytes of spans that are not in the log yet. */
  get pendingBytes(): number {
    return this.#block.size + this.#writtenBytes
  }

  /**
   * Adds a request in protobuf to the current group, for a project, and what was cut of it; `durable` resolves once the group is in the log.
   * @throws DecodeError where the request is broken, OversizeError where it grows too large, BackpressureError where
   * the log cannot take it; nothing of it is kept
   */
  add(
    request: Buffer,
    project: string,
    cuts: readonly Cut[] = [],
  ): Appended & { readonly durable: Promise<void> } {
    const refusal = this.#log.refusal(this.pendingBytes)
    if (refusal) throw refusal
    const appended = this.#block.append(request, project, cuts)
    this.#log.ledger.receive(appended.accepted, appended.invalid)
    if (appended.accepted === 0) return { ...appended, durable: Promise.resolve() }
    this.#group ??= this.#openGroup()
    const { durable } = this.#group
    if (this.#block.size >= this.#options.groupBytes) this.#commitWhenFree()
    return { ...appended, durable }
  }

  /** Writes what is pending. */
  async drain(): Promise<void> {
    while (this.#group !== undefined || this.#commit !== undefined) {
      this.#commitWhenFree()
      await this.#commit
    }
  }

  #openGroup(): Group {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.catch(() => undefined)
    this.#timer = setTimeout(() => this.#commitWhenFree(), this.#options.wait)
    return { due: false, durable: promise, resolve, reject }
  }

  #commitWhenFree(): void {
    const group = this.#group
    if (group === undefined) return
    group.due = true
    if (this.#commit !== undefined) return
    clearTimeout(this.#timer)
    this.#group = undefined
    this.#commit = this.#write(group).finally(() => {
      this.#commit = undefined
      if (this.#group?.due) this.#commitWhenFree()
    })
  }

  async #write(group: Group): Promise<void> {
    const spans = this.#block.rows
    const block = this.#block.take()
    this.#writtenBytes = block.length
    try {
      await this.#log.append(block, spans)
      group.resolve()
    } catch (error) {
      group.reject(error)
    } finally {
      this.#writtenBytes = 0
    }
  }
}

interface Group {
  /** It has waited long enough, or is large enough. */
  due: boolean
  readonly durable: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}
