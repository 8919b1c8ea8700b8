/** Beyond this many bytes nothing is kept. */
const KEEP = 16 * 1024 * 1024
const LARGE = 8 * 1024

/**
 * Memory that is used again and again. V8 collects all garbage each time when some tens of megabytes were allocated
 * outside of its heap, however little there is in it: a tenth of the collector's time went there.
 */
export class Scratch {
  #bytes = Buffer.alloc(0)

  /** So many bytes with anything in them, valid until the next call. */
  take(size: number): Buffer {
    if (size > KEEP) return Buffer.allocUnsafeSlow(size)
    if (size > this.#bytes.length)
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(size, Math.min(2 * this.#bytes.length, KEEP)))
    return this.#bytes.subarray(0, size)
  }

  /** The pieces one after the other, valid until the next call. */
  join(pieces: readonly Uint8Array[]): Buffer {
    const joined = this.take(pieces.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const piece of pieces) {
      joined.set(piece, at)
      at += piece.length
    }
    return joined
  }
}

/** Gives memory back that nothing will be read from any more, where it is large and not shared: now, not when V8 gets to it. */
export function giveBack({ buffer, byteLength }: Buffer): void {
  const isWorthIt = byteLength >= LARGE && buffer.byteLength === byteLength
  if (isWorthIt && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
