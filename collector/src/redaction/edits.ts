/** Replacements in a protobuf message, in the order of their positions, with the lengths of the messages around them. */
export class Edits {
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #bytes: Buffer[] = []
  /** Of each open field: replacements before it, and how much they made the message grow. */
  readonly #open: number[] = []
  /** Bytes that the message grew by so far. */
  #growth = 0

  clear(): void {
    this.#starts.length = this.#ends.length = this.#bytes.length = this.#open.length = 0
    this.#growth = 0
  }

  replace(start: number, end: number, bytes: Buffer): void {
    this.#starts.push(start)
    this.#ends.push(end)
    this.#bytes.push(bytes)
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
    this.#growth += length.length - (start - lengthStart)
  }

  /** The message with all replacements; the very same buffer if there are none. */
  apply(message: Buffer): Buffer {
    if (this.#bytes.length === 0) return message
    const result = Buffer.allocUnsafe(message.length + this.#growth)
    let from = 0
    let to = 0
    for (const [at, bytes] of this.#bytes.entries()) {
      to += message.copy(result, to, from, this.#starts[at])
      to += bytes.copy(result, to)
      from = this.#ends[at]!
    }
    message.copy(result, to, from)
    return result
  }
}

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
