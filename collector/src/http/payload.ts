import { Scratch } from '../native/scratch.ts'
import { HttpError, unavailable } from './http-error.ts'
import { type Coding, inflate } from './inflate.ts'
import type { MemoryBudget } from './memory-budget.ts'

/** For the request at hand: what it sent is read as soon as it is whole, and nothing of it is kept. */
const joined = new Scratch()

/** What one request sends, as it comes, and what that holds of the budget: every byte counts from when it comes. */
export class Payload {
  readonly chunks: Buffer[] = []
  readonly limit: number
  readonly #what: string
  readonly #budget: MemoryBudget
  /** Bytes on the wire. */
  received = 0
  #held = 0

  /**
   * @param what its name in messages
   * @param limit bytes, before and after decompression
   */
  constructor(what: string, limit: number, budget: MemoryBudget) {
    this.#what = what
    this.limit = limit
    this.#budget = budget
  }

  add(chunk: Buffer): void {
    this.received += chunk.length
    this.chunks.push(chunk)
  }

  /** The error of a server without room for more. */
  hold(bytes: number): HttpError | undefined {
    if (!this.#budget.take(bytes)) return full()
    this.#held += bytes
    return undefined
  }

  /** All of it; valid until another payload is joined. */
  join(): Buffer {
    const [first] = this.chunks
    return this.chunks.length === 1 ? first! : joined.join(this.chunks)
  }

  /**
   * `bytes`, decompressed.
   * @throws HttpError 413 beyond the limit, 503 without room, 400 where they are broken
   */
  inflate(coding: Exclude<Coding, 'identity'>, bytes: Buffer): Buffer {
    const { room } = this.#budget
    const inflated = inflate(coding, bytes, Math.min(this.limit, room))
    if (inflated === undefined) throw room < this.limit ? full() : this.tooLarge()
    const error = this.hold(inflated.length)
    if (error) throw error
    return inflated
  }

  tooLarge(): HttpError {
    const text = `the ${this.#what} is larger than ${this.limit} bytes, decompressed. Send smaller batches`
    return new HttpError(413, 'too_large', text)
  }

  release(): void {
    this.#budget.give(this.#held)
    this.#held = 0
    this.chunks.length = 0
  }
}

function full(): HttpError {
  return unavailable('too many spans are on their way to be stored. Try again')
}
