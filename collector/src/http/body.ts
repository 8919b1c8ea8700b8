import type { IncomingMessage } from 'node:http'
import { giveBack } from '../native/scratch.ts'
import { BROKEN, brokenBy } from './broken-request.ts'
import { HttpError } from './http-error.ts'
import type { Coding } from './inflate.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { Payload } from './payload.ts'

/** The body of one request: what was received, then what it says. */
export class Body {
  readonly #request: IncomingMessage
  readonly #payload: Payload

  /** @param limit bytes, before and after decompression */
  constructor(request: IncomingMessage, limit: number, budget: MemoryBudget) {
    this.#request = request
    this.#payload = new Payload('body', limit, budget)
  }

  /** Bytes on the wire. */
  get received(): number {
    return this.#payload.received
  }

  /** @throws HttpError 413 where the sender says that it is larger than the limit */
  checkLength(): void {
    if (Number(this.#request.headers['content-length']) > this.#payload.limit) throw this.#payload.tooLarge()
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
    const bytes = this.#payload.join()
    return coding === 'identity' ? bytes : this.#payload.inflate(coding, bytes)
  }

  release(): void {
    for (const chunk of this.#payload.chunks) giveBack(chunk)
    this.#payload.release()
  }

  #add(chunk: Buffer): HttpError | undefined {
    this.#payload.add(chunk)
    if (this.received > this.#payload.limit) return this.#payload.tooLarge()
    return this.#payload.hold(chunk.length)
  }
}
