import type { IncomingMessage } from 'node:http'
import { giveBack, Scratch } from '../native/scratch.ts'
import { BROKEN, brokenBy } from './broken-request.ts'
import { HttpError, unavailable } from './http-error.ts'
import { type Coding, inflate } from './inflate.ts'

/** For the request at hand: a body is read as soon as it is whole, and nothing of it is kept. */
const joined = new Scratch()

/** Bytes of requests that are held in memory at the same time, all together. */
export class MemoryBudget {
  readonly #limit: number
  readonly #others: () => number
  #held = 0

  /** @param others what else counts against the limit */
  constructor(limit: number, others: () => number) {
    this.#limit = limit
    this.#others = others
  }

  get held(): number {
    return this.#held
  }

  /** Bytes that can still be taken. */
  get room(): number {
    return this.#limit - this.#held - this.#others()
  }

  /** False where there is no room left. */
  take(bytes: number): boolean {
    if (bytes > this.room) return false
    this.#held += bytes
    return true
  }

  give(bytes: number): void {
    this.#held -= bytes
  }
}

/** The body of one request: what was received, then what it says, and what that holds of the budget. */
export class Body {
  readonly #request: IncomingMessage
  readonly #limit: number
  readonly #budget: MemoryBudget
  readonly #chunks: Buffer[] = []
  /** Bytes on the wire. */
  received = 0
  #held = 0

  /** @param limit bytes, before and after decompression */
  constructor(request: IncomingMessage, limit: number, budget: MemoryBudget) {
    this.#request = request
    this.#limit = limit
    this.#budget = budget
  }

  /** @throws HttpError 413 where the sender says that it is larger than the limit */
  checkLength(): void {
    if (Number(this.#request.headers['content-length']) > this.#limit) throw this.#tooLarge()
  }

  /**
   * Reads all of it; after an error the request is left as it is, still readable.
   * @throws HttpError 413 beyond the limit, 503 without room, and what the request is broken by
   */
  receive(): Promise<void> {
    const request = this.#request
    const broken = brokenBy(request)
    if (broken) return Promise.reject(broken)
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        request.off('data', onData)
        reject(error)
      }
      const onData = (chunk: Buffer) => {
        const error = this.#add(chunk)
        if (error) fail(error)
      }
      request.on('data', onData)
      request.on('end', resolve)
      request.on('error', () => fail(new HttpError(400, 'cut_off', 'the connection broke off')))
      request.on(BROKEN, fail)
    })
  }

  /**
   * What was received, decompressed; valid until another body is.
   * @throws HttpError 413 beyond the limit, 503 without room, 400 where it is broken
   */
  decompressed(coding: Coding): Buffer {
    const [first] = this.#chunks
    const bytes = this.#chunks.length === 1 ? first! : joined.join(this.#chunks)
    if (coding === 'identity') return bytes
    const { room } = this.#budget
    const inflated = inflate(coding, bytes, Math.min(this.#limit, room))
    if (inflated === undefined) throw room < this.#limit ? full() : this.#tooLarge()
    this.#hold(inflated.length)
    return inflated
  }

  release(): void {
    this.#budget.give(this.#held)
    this.#held = 0
    for (const chunk of this.#chunks.splice(0)) giveBack(chunk)
  }

  #add(chunk: Buffer): HttpError | undefined {
    this.received += chunk.length
    if (this.received > this.#limit) return this.#tooLarge()
    if (!this.#hold(chunk.length)) return full()
    this.#chunks.push(chunk)
    return undefined
  }

  #hold(bytes: number): boolean {
    if (!this.#budget.take(bytes)) return false
    this.#held += bytes
    return true
  }

  #tooLarge(): HttpError {
    const message = `the body is larger than ${this.#limit} bytes, decompressed. Send smaller batches`
    return new HttpError(413, 'too_large', message)
  }
}

function full(): HttpError {
  return unavailable('too many spans are on their way to be stored. Try again')
}
