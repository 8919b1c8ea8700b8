import type { Scratch } from '../../native/scratch.ts'
import { viewOf } from '../../native/view.ts'
import { startsWith } from '../key-table.ts'
import { lengthBytesOf, WireWriter } from '../wire-writer.ts'
import {
  HEX,
  JsonScanner,
  LETTER_F,
  LETTER_N,
  LETTER_T,
  MINUS,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  ZERO,
} from './scanner.ts'
import {
  BINARY,
  BOOL,
  DOUBLE,
  FLAGS,
  ID,
  INT,
  type Member,
  SET_TEXT,
  type Shape,
  TEXT,
  TIME,
} from './shapes.ts'
import { unescapeTo } from './text.ts'
import {
  COMPOUND,
  continuesNumber,
  countOf,
  Digits,
  doubleOf,
  numberOf,
  type Scalar,
  textOf,
  writeInt,
  writeTime,
} from './values.ts'

/** Reads members of messages out of JSON, and writes those that are no messages themselves as protobuf fields. */
export class JsonScalars {
  readonly scanner: JsonScanner
  readonly writer: WireWriter
  readonly view: DataView
  readonly #digits = new Digits()
  /** The last text that had escapes, without them. */
  readonly #unescaped = new WireWriter(Buffer.allocUnsafe(256))

  constructor(body: Buffer, scratch: Scratch) {
    this.scanner = new JsonScanner(body)
    this.writer = new WireWriter(scratch.take(Math.ceil(body.length / 2) + 64))
    this.view = viewOf(body)
  }

  /**
   * Passes over the name of a member and its colon.
   * @param guess the number of the member that probably comes
   * @returns the number of the member that comes, -1 if it is unknown
   */
  memberOf(shape: Shape, guess: number): number {
    const { scanner } = this
    const name = shape.names[guess]
    if (name !== undefined && startsWith(this.view, scanner.pos, name)) {
      scanner.pos += name.byteLength
      return guess
    }
    scanner.name()
    if (!scanner.escaped) return shape.keys.find(this.view, scanner.start, scanner.end)
    const unescaped = this.#unescape()
    return shape.keys.find(viewOf(unescaped), 0, unescaped.length)
  }

  write(member: Member): void {
    switch (member.type) {
      case TEXT:
      case SET_TEXT:
        this.text(member.field, member.type === SET_TEXT)
        break
      case ID:
        this.#id(member.field)
        break
      case TIME:
        this.#time(member.field)
        break
      case INT:
        this.int(member.field)
        break
      case BOOL:
        this.writer.varint(member.field, textOf(this.#scalar()) === 'true' ? 1 : 0)
        break
      case DOUBLE:
        this.writer.double(member.field, doubleOf(this.#scalar()))
        break
      case BINARY:
        this.#binary(member.field)
        break
      default:
        this.#count(member)
    }
  }

  /** Writes a text. @param evenEmpty whether an empty one is written too */
  text(field: number, evenEmpty: boolean): void {
    const { scanner, writer } = this
    if (scanner.peek() !== QUOTE) {
      const text = textOf(this.#scalar())
      if (text !== '' || evenEmpty) writer.text(field, text)
      return
    }
    scanner.text()
    const { bytes, start, end } = scanner
    if (scanner.escaped) {
      const lengthBytes = lengthBytesOf(end - start)
      const mark = writer.open(field, lengthBytes)
      unescapeTo(writer, bytes, start, end)
      writer.close(mark, lengthBytes)
    } else if (start < end || evenEmpty) writer.range(field, bytes, start, end)
  }

  /** The bytes of a hex id in either case; an id that is not hex comes out with the wrong length. */
  #id(field: number): void {
    const { scanner, writer } = this
    if (scanner.peek() !== QUOTE) {
      // Long numbers come as text: here an id of digits alone that lost its quotes.
      const value = this.#scalar()
      const bytes = Buffer.from(typeof value === 'string' ? value : '', 'hex')
      writer.range(field, bytes, 0, bytes.length)
      return
    }
    scanner.text()
    let { bytes, start, end } = scanner
    if (scanner.escaped) {
      bytes = this.#unescape()
      start = 0
      end = bytes.length
    }
    const mark = writer.open(field)
    writer.reserve(end - start)
    let to = writer.length
    for (; start + 1 < end; start += 2) {
      const byte = (HEX[bytes[start]!]! << 4) | HEX[bytes[start + 1]!]!
      if (byte < 0) break
      writer.bytes[to++] = byte
    }
    writer.length = to
    writer.close(mark)
  }

  /** Counts, enums and flags. Enums are integers in OTLP/JSON; other JSON mappings of protobuf write the names. */
  #count({ field, type, names }: Member): void {
    const { writer } = this
    let count = this.#plainInteger()
    if (count < 0) {
      const value = this.#scalar()
      const named = typeof value === 'string' ? names.indexOf(value) : -1
      count = named >= 0 ? named : countOf(value)
    }
    if (count === 0) return
    if (type === FLAGS) writer.fixed32(field, count)
    else writer.varint(field, count)
  }

  /** The number that stands at the position if it is of up to 9 digits and no more than that; else -1. */
  #plainInteger(): number {
    const { scanner } = this
    const end = this.#digits.read(scanner.bytes, scanner.pos)
    if (this.#digits.count > 9 || scanner.bytes[scanner.pos] === QUOTE || !this.#isInteger(scanner.pos, end))
      return -1
    scanner.pos = end
    return this.#digits.value
  }

  #time(field: number): void {
    const { scanner, writer } = this
    const digits = this.#digits
    const quotes = Number(scanner.bytes[scanner.pos] === QUOTE)
    const start = scanner.pos + quotes
    const end = digits.read(scanner.bytes, start)
    if (!this.#isInteger(start, end)) {
      writeTime(writer, field, this.#scalar())
      return
    }
    scanner.pos = end + quotes
    digits.halve()
    if (digits.low !== 0 || digits.high !== 0) writer.fixed64(field, digits.low, digits.high)
  }

  /** Writes a 64-bit integer from a number or a text. */
  int(field: number): void {
    const { scanner, writer } = this
    const { bytes } = scanner
    const digits = this.#digits
    const quotes = Number(bytes[scanner.pos] === QUOTE)
    const isNegative = bytes[scanner.pos + quotes] === MINUS
    const start = scanner.pos + quotes + Number(isNegative)
    const end = digits.read(bytes, start)
    // Up to 15 digits, a number is exact.
    if (digits.count > 15 || !this.#isInteger(start, end)) {
      writeInt(writer, this.#scalar())
      return
    }
    scanner.pos = end + quotes
    if (isNegative) writer.int64(field, BigInt(-digits.value))
    else writer.varint(field, digits.value)
  }

  /** True where the digits between two positions are all of a number or a text, as nearly every sender writes them. */
  #isInteger(start: number, end: number): boolean {
    const { bytes, pos } = this.scanner
    if (start === end) return false
    if (bytes[pos] === QUOTE) return bytes[end] === QUOTE
    return (bytes[start] !== ZERO || end === start + 1) && !continuesNumber(bytes[end])
  }

  /** Base64 in either alphabet; old exporters wrote a byte array's JSON form, `{"0":1,"1":255}` or `[1,255]`. */
  #binary(field: number): void {
    const { scanner, writer } = this
    const first = scanner.peek()
    if (first !== OPEN_OBJECT && first !== OPEN_LIST) {
      const value = this.#scalar()
      const bytes = Buffer.from(typeof value === 'string' ? value : '', 'base64')
      writer.range(field, bytes, 0, bytes.length)
      return
    }
    const close = first + 2
    const mark = writer.open(field)
    scanner.pos += 1
    if (scanner.peek() === close) scanner.pos += 1
    else {
      do {
        if (first === OPEN_OBJECT) scanner.name()
        scanner.peek()
        const plain = this.#plainInteger()
        writer.byte(plain < 0 ? doubleOf(this.#scalar()) & 0xff : plain)
      } while (scanner.another(close))
    }
    writer.close(mark)
  }

  #scalar(): Scalar {
    const { scanner } = this
    const first = scanner.peek()
    if (first === OPEN_OBJECT || first === OPEN_LIST) {
      scanner.skip()
      return COMPOUND
    }
    if (first === QUOTE) {
      scanner.text()
      if (scanner.escaped) return this.#unescape().toString()
      return scanner.bytes.toString('utf8', scanner.start, scanner.end)
    }
    scanner.word()
    if (first === LETTER_N) return COMPOUND
    if (first === LETTER_T || first === LETTER_F) return first === LETTER_T
    return numberOf(scanner.bytes.toString('latin1', scanner.start, scanner.end))
  }

  /** The last text, which has escapes, without them; valid until the next one. */
  #unescape(): Buffer {
    this.#unescaped.length = 0
    unescapeTo(this.#unescaped, this.scanner.bytes, this.scanner.start, this.scanner.end)
    return this.#unescaped.finish()
  }
}
