import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { HttpError, unavailable } from './http-error.ts'

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

  /** False where there is no room left. */
  take(bytes: number): boolean {
    if (this.#held + bytes + this.#others() > this.#limit) return false
    this.#held += bytes
    return true
  }

  give(bytes: number): void {
    this.#held -= bytes
  }
}

/** A request's body, and what it holds of the budget until it is released. */
export interface HeldBody {
  readonly bytes: Buffer
  release(): void
}

/**
 * Reads a body, decompressed on the way, so that neither a long body nor a bomb is ever held whole.
 * @param limit bytes after decompression
 * @throws HttpError 413 beyond the limit, 503 without room, 400 for broken gzip
 */
export async function readBody(
  payload: Readable,
  gzip: boolean,
  limit: number,
  budget: MemoryBudget,
): Promise<HeldBody> {
  // Leaving the loop must not destroy the request, whose connection still carries the answer.
  const source = gzip ? gunzip(payload) : payload.iterator({ destroyOnReturn: false })
  const chunks: Buffer[] = []
  let size = 0
  let held = 0
  const release = () => budget.give(held)
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > limit)
        throw new HttpError(413, `the body is larger than ${limit} bytes, decompressed. Send smaller batches`)
      if (!budget.take(chunk.length))
        throw unavailable('too many spans are on their way to be stored. Try again')
      held += chunk.length
      chunks.push(chunk)
    }
  } catch (error) {
    release()
    // What is still to come is read and dropped, so that the sender gets to read the answer.
    payload.unpipe()
    payload.resume()
    throw error instanceof HttpError
      ? error
      : new HttpError(400, `the body cannot be read: ${(error as Error).message}`)
  }
  return { bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size), release }
}

/** Not a pipeline, which would destroy the request when decompressing fails. */
function gunzip(payload: Readable): Readable {
  const stream = createGunzip()
  payload.on('error', (error) => stream.destroy(error))
  payload.on('aborted', () => stream.destroy(new Error('the request was cut off')))
  payload.pipe(stream)
  return stream
}
