import { giveBack, Scratch } from '@weir/dialects'
import { backpressure, Refusal } from '../refusal.ts'
import type { Encoding } from './encoding.ts'
import { type Coding, expectedSize, inflate, largestSize } from './inflate.ts'
import type { Upload } from './ingest.ts'
import type { MemoryBudget } from './memory-budget.ts'

const NOTHING = Buffer.alloc(0)
/** For the request at hand: what it sent is read as soon as it is whole, and nothing of it is kept. */
const joined = new Scratch()

export interface PayloadOptions {
  /** Its name in messages. */
  readonly what: string
  /** Bytes, before and after decompression. */
  readonly limit: number
  readonly budget: MemoryBudget
  /** Bytes that come before what was compressed. */
  readonly prefix?: number
  /** True where nobody else reads the chunks. */
  readonly ownsChunks?: boolean
  /** True where nobody will read it: it is counted, and nothing but what comes before it is held. */
  readonly isIgnored?: boolean
}

/** What one request sends, as it comes, and what that holds of the budget: every byte counts from when it comes. */
export class Payload implements Upload {
  readonly chunks: Buffer[] = []
  readonly limit: number
  encoding: Encoding = 'protobuf'
  coding: Coding = 'identity'
  readonly #what: string
  readonly #prefix: number
  readonly #ownsChunks: boolean
  readonly #isIgnored: boolean
  readonly #budget: MemoryBudget
  /** Bytes on the wire. */
  received = 0
  #held = 0
  #inflated: Buffer | undefined

  constructor({ what, limit, budget, prefix = 0, ownsChunks = false, isIgnored = false }: PayloadOptions) {
    this.#what = what
    this.limit = limit
    this.#budget = budget
    this.#prefix = prefix
    this.#ownsChunks = ownsChunks
    this.#isIgnored = isIgnored
  }

  add(chunk: Buffer): void {
    const isPrefix = this.received < this.#prefix
    this.received += chunk.length
    if (isPrefix || !this.#isIgnored) this.chunks.push(chunk)
  }

  /** The error of a server without room for more. */
  hold(bytes: number): Refusal | undefined {
    if (this.#isIgnored) return undefined
    if (!this.#budget.take(bytes)) return full()
    this.#held += bytes
    return undefined
  }

  /** Bytes once decompressed, as far as one can know before: senders may lie. */
  get expectedSize(): number {
    return expectedSize(this.coding, this.received, this.chunks.at(-1) ?? NOTHING)
  }

  /** The most that it can have cost to find out that it cannot be decompressed. */
  get largestSize(): number {
    return Math.min(largestSize(this.coding, this.received), this.limit)
  }

  /**
   * All of it, decompressed, and valid until another payload is read; undefined where that is more than `most` bytes.
   * @throws Refusal beyond the limit, without room, or where it is broken
   */
  read(most: number = this.limit): Buffer | undefined {
    const bytes = this.#join()
    if (this.coding === 'identity') return bytes
    const { room } = this.#budget
    const inflated = inflate(this.coding, bytes, Math.min(most, this.limit, room))
    if (inflated === undefined) {
      if (most < this.limit && most <= room) return undefined
      throw room < this.limit ? full() : this.tooLarge()
    }
    const error = this.hold(inflated.length)
    if (error) throw error
    this.#inflated = inflated
    return inflated
  }

  tooLarge(): Refusal {
    const text = `the ${this.#what} is larger than ${this.limit} bytes, decompressed. Send smaller batches`
    return new Refusal('too_large', text)
  }

  release(): void {
    this.#budget.give(this.#held)
    this.#held = 0
    if (this.#ownsChunks) for (const chunk of this.chunks) giveBack(chunk)
    this.chunks.length = 0
    if (this.#inflated !== undefined) giveBack(this.#inflated)
    this.#inflated = undefined
  }

  #join(): Buffer {
    const [first] = this.chunks
    const bytes = this.chunks.length === 1 ? first! : joined.join(this.chunks)
    return this.#prefix === 0 ? bytes : bytes.subarray(this.#prefix)
  }
}

function full(): Refusal {
  return backpressure('too many spans are on their way to be stored. Try again')
}
