import type { IncomingMessage } from 'node:http'
import type { MemoryBudget } from '../../ingest/memory-budget.ts'
import { Payload } from '../../ingest/payload.ts'
import { Refusal } from '../../refusal.ts'
import { BROKEN, brokenBy } from './broken-request.ts'

/** The body of one request. */
export class Body {
  readonly payload: Payload
  readonly #request: IncomingMessage

  /**
   * @param limit bytes, before and after decompression
   * @param isIgnored true where it has to come, and nobody reads it
   */
  constructor(request: IncomingMessage, limit: number, budget: MemoryBudget, isIgnored: boolean) {
    this.#request = request
    this.payload = new Payload({ what: 'body', limit, budget, ownsChunks: true, isIgnored })
  }

  /** Bytes on the wire. */
  get received(): number {
    return this.payload.received
  }

  /** @throws Refusal where the sender says that it is larger than the limit */
  checkLength(): void {
    if (Number(this.#request.headers['content-length']) > this.payload.limit) throw this.payload.tooLarge()
  }

  /**
   * Reads all of it; after an error the request is left as it is, still readable.
   * @throws Refusal beyond the limit, without room, and what the request is broken by
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
      request.on('error', () => fail(new Refusal('cut_off', 'the connection broke off')))
      request.on(BROKEN, fail)
    })
  }

  #add(chunk: Buffer): Refusal | undefined {
    this.payload.add(chunk)
    if (this.received > this.payload.limit) return this.payload.tooLarge()
    return this.payload.hold(chunk.length)
  }
}
