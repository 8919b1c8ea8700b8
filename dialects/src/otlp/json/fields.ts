import type { Scratch } from '../../native/scratch.ts'
import { viewOf } from '../../native/view.ts'
import { startsWith } from '../key-table.ts'
import { lengthBytesOf, WireWriter } from '../wire-writer.ts'
import {
  CLOSE_OBJECT,
  endOfRun,
  HEX,
  JsonScanner,
  LETTER_F,
  LETTER_N,
  LETTER_T,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
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

const INTEGER = /^[+-]?\d{1,30}$/
const INTEGER_LITERAL = /^-?\d+$/
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn

const ATTRIBUTE_HEAD = viewOf(Buffer.from('{"key":"'))
const VALUE_HEAD = viewOf(Buffer.from('","value":{"'))
const STRING_HEAD = viewOf(Buffer.from('stringValue":'))
const INT_HEAD = viewOf(Buffer.from('intValue":'))

/** What a scalar of JSON says: integers beyond 2^53 stay text, and nothing stands for null and for any object or array. */
type Scalar = string | number | boolean | undefined

/** Reads members of messages out of JSON, and writes those that are not messages themselves as protobuf fields. */
export class FieldConverter {
  readonly scanner: JsonScanner
  readonly writer: WireWriter
  readonly #view: DataView

  constructor(body: Buffer, scratch: Scratch) {
    this.scanner = new JsonScanner(body)
    this.writer = new WireWriter(scratch.take(Math.ceil(body.length / 2) + 64))
    this.#view = viewOf(body)
  }

  /**
   * Passes over the name of a member and its colon.
   * @param guess the number of the member that probably comes
   * @returns the number of the member that comes, -1 if it is unknown
   */
  memberOf(shape: Shape, guess: number): number {
    const { scanner } = this
    const name = shape.names[guess]
    if (name !== undefined && startsWith(this.#view, scanner.pos, name)) {
      scanner.pos += name.byteLength
      return guess
    }
    scanner.name()
    const key = scanner.escaped
      ? findText(shape, scanner.string())
      : shape.keys.find(this.#view, scanner.start, scanner.end)
    return key < 0 ? key : shape.numbers[key]!
  }

  /**
   * Attributes are most of a request, and nearly all look like `{"key":"k","value":{"stringValue":"v"}}`, or have an
   * `intValue`, without white space: such a one is written as it is read.
   * @returns false where the next item looks otherwise; then nothing was read or written
   */
  takeUsualAttribute(field: number): boolean {
    const { scanner, writer } = this
    const view = this.#view
    const { bytes, pos } = scanner
    if (!startsWith(view, pos, ATTRIBUTE_HEAD)) return false
    const keyStart = pos + ATTRIBUTE_HEAD.byteLength
    const keyEnd = endOfRun(bytes, keyStart)
    if (keyStart === keyEnd || !startsWith(view, keyEnd, VALUE_HEAD)) return false
    const memberAt = keyEnd + VALUE_HEAD.byteLength
    const isText = startsWith(view, memberAt, STRING_HEAD)
    if (!isText && !startsWith(view, memberAt, INT_HEAD)) return false
    const start = memberAt + (isText ? STRING_HEAD : INT_HEAD).byteLength
    if (bytes[start] === LETTER_N || bytes[start]! <= SPACE) return false
    const end = isText ? endOfRun(bytes, start + 1) : start
    const before = writer.length
    const lengthBytes = lengthBytesOf(end - pos)
    const mark = writer.open(field, lengthBytes)
    writer.range(1, bytes, keyStart, keyEnd)
    const valueMark = writer.open(2, lengthBytes)
    if (isText && bytes[start] === QUOTE && bytes[end] === QUOTE) {
      writer.range(1, bytes, start + 1, end)
      scanner.pos = end + 1
    } else {
      scanner.pos = start
      if (isText) this.#text(1, true)
      else this.#int(3)
    }
    if (!scanner.takeBoth(CLOSE_OBJECT)) {
      scanner.pos = pos
      writer.length = before
      return false
    }
    writer.close(valueMark, lengthBytes)
    writer.close(mark, lengthBytes)
    return true
  }

  write(member: Member): void {
    const { field, type } = member
    if (type === TEXT || type === SET_TEXT) this.#text(field, type === SET_TEXT)
    else if (type === ID) this.#id(field)
    else if (type === TIME) this.#time(field)
    else if (type === INT) this.#int(field)
    else if (type === BOOL) this.writer.varint(field, String(this.#scalar()) === 'true' ? 1 : 0)
    else if (type === DOUBLE) this.writer.double(field, Number(this.#scalar()))
    else if (type === BINARY) this.#binary(field)
    else this.#count(member)
  }

  #text(field: number, evenEmpty: boolean): void {
    const { scanner, writer } = this
    if (scanner.peek() !== QUOTE) {
      const text = String(this.#scalar() ?? '')
      if (text !== '' || evenEmpty) writer.text(field, text)
      return
    }
    scanner.text()
    const { bytes, start, end } = scanner
    if (scanner.escaped) writer.text(field, scanner.string())
    else if (start < end || evenEmpty) writer.range(field, bytes, start, end)
  }

  /** The bytes of a hex id in either case; an id that is not hex comes out with the wrong length. */
  #id(field: number): void {
    const { scanner, writer } = this
    const isText = scanner.peek() === QUOTE
    if (isText) scanner.text()
    let { bytes, start, end } = scanner
    if (!isText || scanner.escaped) {
      // Long numbers come as text: here an id of digits alone that lost its quotes.
      const id = isText ? scanner.string() : this.#scalar()
      bytes = Buffer.from(typeof id === 'string' ? id : '')
      start = 0
      end = bytes.length
    }
    const mark = writer.open(field)
    for (; start + 1 < end; start += 2) {
      const byte = (HEX[bytes[start]!]! << 4) | HEX[bytes[start + 1]!]!
      if (byte < 0) break
      writer.byte(byte)
    }
    writer.close(mark)
  }

  /** Base64 in either alphabet; old exporters wrote a byte array's JSON form, `{"0":1,"1":255}` or `[1,255]`. */
  #binary(field: number): void {
    const { scanner, writer } = this
    const first = scanner.peek()
    if (first !== OPEN_OBJECT && first !== OPEN_LIST) {
      const text = this.#scalar()
      const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64')
      writer.range(field, bytes, 0, bytes.length)
      return
    }
    // In ASCII, the closing bracket comes two after the opening one.
    const close = first + 2
    const mark = writer.open(field)
    scanner.pos += 1
    if (scanner.peek() === close) scanner.pos += 1
    else {
      do {
        if (first === OPEN_OBJECT) scanner.name()
        writer.byte(Number(this.#scalar()) & 0xff)
      } while (scanner.another(close))
    }
    writer.close(mark)
  }

  /** Counts, enums and flags. Enums are integers in OTLP/JSON; other JSON mappings of protobuf write the names. */
  #count({ field, type, names }: Member): void {
    const value = this.scanner.takeInteger() ? this.scanner.integer : this.#scalar()
    const named = typeof value === 'string' ? names.indexOf(value) : -1
    const count = named >= 0 ? named : Number(value)
    if (!(count >= 1 && count <= 0xffff_ffff)) return
    if (type === FLAGS) this.writer.fixed32(field, Math.trunc(count))
    else this.writer.varint(field, Math.trunc(count))
  }

  /** A time in nanoseconds; none where it is not positive. */
  #time(field: number): void {
    const { scanner } = this
    if (scanner.takeInteger()) {
      if (scanner.integer > 0) this.writer.fixed64(field, scanner.low, scanner.high)
      return
    }
    const value = this.#scalar()
    const given =
      integerOf(value) ??
      (typeof value === 'number' && value > 0 ? BigInt(Math.trunc(Math.min(value, Number.MAX_VALUE))) : 0n)
    if (given <= 0n) return
    const time = given > MAX_UINT64 ? MAX_UINT64 : given
    this.writer.fixed64(field, Number(time & 0xffff_ffffn), Number(time >> 32n))
  }

  /** An integer attribute. What is not a 64-bit integer keeps its value in the type that holds it: double, else text. */
  #int(field: number): void {
    const { scanner, writer } = this
    const { pos } = scanner
    if (scanner.takeInteger() && Number.isSafeInteger(scanner.integer)) {
      if (scanner.integer < 0) writer.int64(field, BigInt(scanner.integer))
      else writer.varint(field, scanner.integer)
      return
    }
    scanner.pos = pos
    const value = this.#scalar()
    const integer = integerOf(value)
    if (integer !== undefined && BigInt.asIntN(64, integer) === integer) writer.int64(field, integer)
    else if (value !== '') {
      if (Number.isNaN(Number(value))) writer.text(1, String(value ?? ''))
      else writer.double(4, Number(value))
    }
  }

  #scalar(): Scalar {
    const { scanner } = this
    const first = scanner.peek()
    if (first === OPEN_OBJECT || first === OPEN_LIST) {
      scanner.skip()
      return undefined
    }
    if (first === QUOTE) {
      scanner.text()
      return scanner.string()
    }
    scanner.word()
    if (first === LETTER_N) return undefined
    if (first === LETTER_T || first === LETTER_F) return first === LETTER_T
    // OTLP allows 64-bit integers as numbers, which a JavaScript number would round.
    const text = scanner.string()
    const number = Number(text)
    return Number.isSafeInteger(number) || !INTEGER_LITERAL.test(text) ? number : text
  }
}

function findText({ keys }: Shape, name: string): number {
  const bytes = Buffer.from(name)
  return keys.find(viewOf(bytes), 0, bytes.length)
}

/** An integer as number or decimal text; undefined where it is neither. */
function integerOf(value: Scalar): bigint | undefined {
  if (typeof value === 'string' && INTEGER.test(value)) return BigInt(value)
  const number = typeof value === 'boolean' || value === '' ? Number.NaN : Number(value)
  return Number.isSafeInteger(number) ? BigInt(number) : undefined
}
