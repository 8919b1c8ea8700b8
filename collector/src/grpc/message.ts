import type { ServerHttp2Stream } from 'node:http2'
import type { MemoryBudget } from '../http/body.ts'
import { HttpError, unavailable } from '../http/http-error.ts'
import { type Coding, inflate } from '../http/inflate.ts'
import { Scratch } from '../native/scratch.ts'

/** For the call at hand: a message is read as soon as it is whole, and nothing of it is kept. */
const joined = new Scratch()

/** One byte that says whether the message is compressed, four for its length. */
const PREFIX = 5

/**
 * The one message of a call (github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), and what it holds of the budget:
 * every byte counts from when it comes.
 */
export class Message {
  readonly #limit: number
  readonly #budget: MemoryBudget
  readonly #chunks: Buffer[] = []
  /** Bytes on the wire. */
  received = 0
  #held = 0
  #length: number | undefined
  #isCompressed = false

  /** @param limit bytes, before and after decompression */
  constructor(limit: number, budget: MemoryBudget) {
    this.#limit = limit
    this.#budget = budget
  }

  /**
   * Reads all of it; after an error what still comes is dropped.
   * @throws HttpError
   */
  receive(stream: ServerHttp2Stream): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        stream.removeAllListeners('data')
        reject(error)
      }
      stream.on('data', (chunk: Buffer) => {
        const error = this.#add(chunk)
        if (error) fail(error)
      })
      stream.on('end', () => {
        if (this.received === PREFIX + (this.#length ?? 0)) resolve()
        else fail(new HttpError(400, 'protocol', 'the message ends early, or there is none'))
      })
      const cancelled = () => fail(new HttpError(400, 'cut_off', 'the call was cancelled'))
      if (stream.destroyed) cancelled()
      stream.on('close', cancelled)
    })
  }

  /**
   * What was received, decompressed; valid until another message is.
   * @param coding gives the one that the call names
   * @throws HttpError
   */
  decompressed(coding: () => Coding): Buffer {
    const [first] = this.#chunks
    const bytes = this.#chunks.length === 1 ? first! : joined.join(this.#chunks)
    this.#chunks.length = 0
    const message = bytes.subarray(PREFIX)
    if (!this.#isCompressed) return message
    const named = coding()
    if (named === 'identity')
      throw new HttpError(400, 'protocol', 'the message is compressed, grpc-encoding does not say how')
    const { room } = this.#budget
    const inflated = inflate(named, message, Math.min(this.#limit, room))
    if (inflated === undefined) throw room < this.#limit ? full() : this.#tooLarge()
    this.#hold(inflated.length)
    return inflated
  }

  release(): void {
    this.#budget.give(this.#held)
    this.#held = 0
    this.#chunks.length = 0
  }

  #add(chunk: Buffer): HttpError | undefined {
    this.received += chunk.length
    this.#chunks.push(chunk)
    const isNew = this.#length === undefined && this.received >= PREFIX
    const error = isNew ? this.#readPrefix() : this.#checkEnd()
    // What is too large is told so before what there is no room for, which would be sent again.
    if (error) return error
    return this.#hold(chunk.length) ? undefined : full()
  }

  #readPrefix(): HttpError | undefined {
    const [first] = this.#chunks
    const prefix = first!.length >= PREFIX ? first! : Buffer.concat(this.#chunks)
    const flag = prefix.readUInt8(0)
    if (flag > 1) return new HttpError(400, 'protocol', `compressed-flag ${flag}, expected 0 or 1`)
    this.#isCompressed = flag === 1
    this.#length = prefix.readUInt32BE(1)
    return this.#length > this.#limit ? this.#tooLarge() : this.#checkEnd()
  }

  #checkEnd(): HttpError | undefined {
    if (this.#length === undefined || this.received <= PREFIX + this.#length) return undefined
    return new HttpError(400, 'protocol', 'more than one message came, expected one request')
  }

  #hold(bytes: number): boolean {
    if (!this.#budget.take(bytes)) return false
    this.#held += bytes
    return true
  }

  #tooLarge(): HttpError {
    const text = `the message is larger than ${this.#limit} bytes, decompressed. Send smaller batches`
    return new HttpError(413, 'too_large', text)
  }
}

function full(): HttpError {
  return unavailable('too many spans are on their way to be stored. Try again')
}
