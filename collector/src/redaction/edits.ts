import { type Cut, varint } from '@weir/dialects'

/** Replacements in a protobuf message, in the order of their positions, with the lengths of the messages around them. */
export class Edits {
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #bytes: Buffer[] = []
  /** Of each: characters that the text has less than before, where it was cut. */
  readonly #lost: number[] = []
  /** Of each open field: replacements before it, and how much they made the message grow. */
  readonly #open: number[] = []
  /** Bytes that the message grew by so far. */
  #growth = 0

  clear(): void {
    this.#starts.length = this.#ends.length = this.#bytes.length = this.#lost.length = this.#open.length = 0
    this.#growth = 0
  }

  /** @param lost characters that were cut off */
  replace(start: number, end: number, bytes: Buffer, lost = 0): void {
    this.#starts.push(start)
    this.#ends.push(end)
    this.#bytes.push(bytes)
    this.#lost.push(lost)
    this.#growth += bytes.length - (end - start)
  }

  /** Begins a length-delimited field; what is replaced until `close` is inside of it. */
  open(): void {
    this.#open.push(this.#bytes.length, this.#growth)
  }

  /** Replaces the length of the field too, the bytes `lengthStart` to `start`, if anything inside was replaced. */
  close(lengthStart: number, start: number, end: number): void {
    const growth = this.#growth - this.#open.pop()!
    const at = this.#open.pop()!
    if (this.#bytes.length === at) return
    const length = varint(end - start + growth)
    this.#starts.splice(at, 0, lengthStart)
    this.#ends.splice(at, 0, start)
    this.#bytes.splice(at, 0, length)
    this.#lost.splice(at, 0, 0)
    this.#growth += length.length - (start - lengthStart)
  }

  /**
   * The message with all replacements; the very same buffer if there are none.
   * @param cuts is given the texts that were cut, by where they are in the result
   */
  apply(message: Buffer, cuts: Cut[]): Buffer {
    if (this.#bytes.length === 0) return message
    const result = Buffer.allocUnsafe(message.length + this.#growth)
    let from = 0
    let to = 0
    for (const [at, bytes] of this.#bytes.entries()) {
      to += message.copy(result, to, from, this.#starts[at])
      if (this.#lost[at] !== 0) cuts.push({ start: to, lost: this.#lost[at]! })
      to += bytes.copy(result, to)
      from = this.#ends[at]!
    }
    message.copy(result, to, from)
    return result
  }
}
