import { DecodeError } from '../limits.ts'

export const SPACE = 0x20
export const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
export const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
export const CLOSE_LIST = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
export const LETTER_F = 0x66
export const LETTER_N = 0x6e
export const LETTER_T = 0x74
const LETTER_U = 0x75

/** Attribute values may nest 100 deep, with four levels of JSON each. */
const MAX_NESTING = 1000
/** 1: what ends a run of plain characters in a text. */
const ENDS_RUN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte < SPACE || byte === QUOTE || byte === BACKSLASH),
)
/** The closing brackets of what is open where a value is passed over. That never waits, so all scanners share it. */
const openBrackets = new Uint8Array(MAX_NESTING)
/** So many always fit in 64 bits. */
const MAX_DIGITS = 19
const TWO_32 = 0x1_0000_0000
const ESCAPES = new Set(Buffer.from('"\\/bfnrtu'))
/** By byte: the value of a hex digit, -1 for any other. */
export const HEX: Int8Array = Int8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16)
  return Number.isNaN(digit) ? -1 : digit
})

/**
 * Reads JSON (RFC 8259) out of one buffer by position, as strictly as JSON.parse. Between two calls the position is
 * where a value, or what comes after one, may begin, white space included.
 */
export class JsonScanner {
  readonly bytes: Buffer
  pos = 0
  /** The last text without its quotes, or the last number. */
  start = 0
  end = 0
  /** The last text has escapes in it. */
  escaped = false
  /** The last integer in halves of 32 bits, without its sign. */
  low = 0
  high = 0
  #isNegative = false

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** The next byte that is no white space; 0 at the end, which JSON has no use for. */
  peek(): number {
    for (;;) {
      const byte = this.bytes[this.pos]
      if (byte === undefined) return 0
      if (byte > SPACE) return byte
      if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte
      this.pos += 1
    }
  }

  /** Passes over a byte that must come next. */
  expect(byte: number): void {
    if (this.peek() !== byte) this.fail()
    this.pos += 1
  }

  /** After a member or an item: true where another one follows, false past the end. */
  another(close: number): boolean {
    const byte = this.peek()
    if (byte !== COMMA && byte !== close) this.fail()
    this.pos += 1
    return byte === COMMA
  }

  /** Some senders begin with U+FEFF. */
  skipByteOrderMark(): void {
    const { bytes } = this
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.pos = 3
  }

  /** Nothing but white space may follow. */
  expectEnd(): void {
    if (this.peek() !== 0 || this.pos < this.bytes.length) this.fail()
  }

  /** Passes over a byte that comes twice next, without white space; false where it does not. */
  takeBoth(byte: number): boolean {
    if (this.bytes[this.pos] !== byte || this.bytes[this.pos + 1] !== byte) return false
    this.pos += 2
    return true
  }

  /** A text from its first quote past its last. */
  text(): void {
    const { bytes } = this
    if (this.peek() !== QUOTE) this.fail()
    let at = this.pos + 1
    this.start = at
    this.escaped = false
    for (;;) {
      at = endOfRun(bytes, at)
      const byte = bytes[at]
      if (byte === QUOTE) break
      this.pos = at
      if (byte !== BACKSLASH) this.fail()
      at = this.#pastEscape(at)
      this.escaped = true
    }
    this.end = at
    this.pos = at + 1
  }

  /** The name of a member and the colon behind it. */
  name(): void {
    this.text()
    const { start, end, escaped } = this
    this.expect(COLON)
    this.start = start
    this.end = end
    this.escaped = escaped
  }

  /** The last text or number as a string. Half of a surrogate pair stays what it is. */
  string(): string {
    const { bytes, start, end } = this
    return this.escaped
      ? JSON.parse(bytes.toString('utf8', start - 1, end + 1))
      : bytes.toString('utf8', start, end)
  }

  /** A number, `true`, `false` or `null`; `start` and `end` say where it was. @returns its first byte */
  word(): number {
    const first = this.peek()
    this.start = this.pos
    this.escaped = false
    if (first === LETTER_T) this.#letters('true')
    else if (first === LETTER_F) this.#letters('false')
    else if (first === LETTER_N) this.#letters('null')
    else this.#number()
    this.end = this.pos
    return first
  }

  /**
   * Passes over a number or a text that is an integer of up to 19 digits, as nearly every sender writes them.
   * @returns false where something else comes; then nothing was passed over
   */
  takeInteger(): boolean {
    const { bytes } = this
    const quotes = Number(this.peek() === QUOTE)
    const sign = this.pos + quotes
    this.#isNegative = bytes[sign] === MINUS
    const start = sign + Number(this.#isNegative)
    let low = 0
    let high = 0
    let end = start
    for (; end <= start + MAX_DIGITS; end++) {
      const digit = bytes[end]! - ZERO
      if (!(digit >= 0 && digit <= 9)) break
      const product = low * 10 + digit
      low = product >>> 0
      high = high * 10 + (product - low) / TWO_32
    }
    if (end === start || end > start + MAX_DIGITS) return false
    const next = bytes[end]!
    if (quotes === 1) {
      if (next !== QUOTE) return false
    } else if (next === POINT || isExponent(next) || (bytes[start] === ZERO && end > start + 1)) return false
    this.low = low
    this.high = high
    this.pos = end + quotes
    return true
  }

  /** The last integer; exact up to 2^53. */
  get integer(): number {
    const value = this.high * TWO_32 + this.low
    return this.#isNegative ? -value : value
  }

  /** Passes over a value of any kind. */
  skip(): void {
    let depth = 0
    for (;;) {
      const byte = this.peek()
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        // The closing bracket comes two after the opening one, in ASCII.
        const close = byte + 2
        if (depth === MAX_NESTING) throw new DecodeError(`the body nests deeper than ${MAX_NESTING}`)
        this.pos += 1
        if (this.peek() !== close) {
          openBrackets[depth++] = close
          if (close === CLOSE_OBJECT) this.name()
          continue
        }
        this.pos += 1
      } else if (byte === QUOTE) this.text()
      else this.word()
      for (;;) {
        if (depth === 0) return
        const close = openBrackets[depth - 1]!
        if (this.another(close)) {
          if (close === CLOSE_OBJECT) this.name()
          break
        }
        depth -= 1
      }
    }
  }

  /** The body cannot be JSON because of the byte at the position. */
  fail(): never {
    const byte = this.bytes[this.pos]
    if (byte === undefined)
      throw new DecodeError(`the body is not JSON: it ends too early, after ${this.bytes.length} bytes`)
    const what = byte > SPACE && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`
    throw new DecodeError(`the body is not JSON: ${what} at byte ${this.pos} is not expected there`)
  }

  #pastEscape(at: number): number {
    const { bytes } = this
    const letter = bytes[at + 1]
    if (letter !== undefined && !ESCAPES.has(letter)) {
      this.pos = at + 1
      this.fail()
    }
    if (letter !== LETTER_U) return at + 2
    for (let digit = at + 2; digit < at + 6; digit++) {
      const byte = bytes[digit]
      if (byte !== undefined && HEX[byte]! >= 0) continue
      this.pos = digit
      this.fail()
    }
    return at + 6
  }

  #letters(word: string): void {
    for (let at = 0; at < word.length; at++) {
      if (this.bytes[this.pos] !== word.charCodeAt(at)) this.fail()
      this.pos += 1
    }
  }

  #number(): void {
    if (this.bytes[this.pos] === MINUS) this.pos += 1
    if (this.bytes[this.pos] === ZERO) this.pos += 1
    else this.#digits()
    if (this.bytes[this.pos] === POINT) {
      this.pos += 1
      this.#digits()
    }
    if (!isExponent(this.bytes[this.pos])) return
    this.pos += 1
    const sign = this.bytes[this.pos]
    if (sign === 0x2b || sign === MINUS) this.pos += 1
    this.#digits()
  }

  #digits(): void {
    const { bytes } = this
    const from = this.pos
    while (bytes[this.pos]! >= ZERO && bytes[this.pos]! <= NINE) this.pos += 1
    if (this.pos === from) this.fail()
  }
}

function isExponent(byte: number | undefined): boolean {
  return byte === 0x65 || byte === 0x45
}

/** Where plain characters of a text end: at a quote, an escape, or what a text may not have. */
export function endOfRun(bytes: Buffer, start: number): number {
  let at = start
  while (ENDS_RUN[bytes[at]!] === 0) at += 1
  return at
}

/** The kind of a value by its first byte, for errors. */
export function kindOfValue(first: number): string {
  if (first === QUOTE) return 'a string'
  if (first === OPEN_OBJECT) return 'an object'
  if (first === OPEN_LIST) return 'an array'
  if (first === LETTER_N) return 'null'
  return first === LETTER_T || first === LETTER_F ? 'a boolean' : 'a number'
}
