import type { ServerHttp2Stream } from 'node:http2'
import { codingOf, unknownCoding } from '../../ingest/inflate.ts'
import type { MemoryBudget } from '../../ingest/memory-budget.ts'
import { Payload } from '../../ingest/payload.ts'
import { Refusal } from '../../refusal.ts'

/** One byte that says whether the message is compressed, four for its length. */
const PREFIX = 5

/** The one message of a call (github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
export class Message {
  readonly payload: Payload
  #length: number | undefined
  #isCompressed = false

  /**
   * @param limit bytes, before and after decompression
   * @param isIgnored true where it has to come, and nobody reads it
   */
  constructor(limit: number, budget: MemoryBudget, isIgnored: boolean) {
    this.payload = new Payload({ what: 'message', limit, budget, prefix: PREFIX, isIgnored })
  }

  /** Bytes on the wire. */
  get received(): number {
    return this.payload.received
  }

  /**
   * Reads all of it; after an error what still comes is dropped.
   * @throws Refusal
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
        else fail(new Refusal('protocol', 'the message ends early, or there is none'))
      })
      const cancelled = () => fail(new Refusal('cut_off', 'the call was cancelled'))
      if (stream.destroyed) cancelled()
      stream.on('close', cancelled)
    })
  }

  /** @param encoding how the call says that its message is compressed, if it is @throws Refusal */
  compressedBy(encoding: string | undefined): void {
    if (!this.#isCompressed) return
    const coding = codingOf(encoding)
    if (coding === undefined) throw new Refusal('unsupported', unknownCoding('grpc-encoding', encoding))
    this.payload.coding = coding
    if (coding === 'identity')
      throw new Refusal('protocol', 'the message is compressed, grpc-encoding does not say how')
  }

  #add(chunk: Buffer): Refusal | undefined {
    this.payload.add(chunk)
    const isNew = this.#length === undefined && this.received >= PREFIX
    const error = isNew ? this.#readPrefix() : this.#checkEnd()
    // What is too large is told so before what there is no room for, which would be sent again.
    return error ?? this.payload.hold(chunk.length)
  }

  #readPrefix(): Refusal | undefined {
    const { chunks, limit } = this.payload
    const prefix = chunks[0]!.length >= PREFIX ? chunks[0]! : Buffer.concat(chunks)
    const flag = prefix.readUInt8(0)
    if (flag > 1) return new Refusal('protocol', `compressed-flag ${flag}, expected 0 or 1`)
    this.#isCompressed = flag === 1
    this.#length = prefix.readUInt32BE(1)
    return this.#length > limit ? this.payload.tooLarge() : this.#checkEnd()
  }

  #checkEnd(): Refusal | undefined {
    if (this.#length === undefined || this.received <= PREFIX + this.#length) return undefined
    return new Refusal('protocol', 'more than one message came, expected one request')
  }
}
