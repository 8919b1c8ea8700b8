import type { WireWriter } from '../wire-writer.ts'
import { NINE, POINT, ZERO } from './scanner.ts'

const INTEGER = /^[+-]?\d{1,30}$/
const INTEGER_LITERAL = /^-?\d+$/
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn
const MAX_INT64 = 0x7fff_ffff_ffff_ffffn
const TWO_16 = 0x1_0000
const TWO_32 = 0x1_0000_0000

/** What a scalar of JSON says; integers beyond 2^53 stay text, and COMPOUND stands for any object or array. */
export type Scalar = string | number | boolean | typeof COMPOUND
export const COMPOUND: unique symbol = Symbol('object or array')

/** The value of a number's text. OTLP allows 64-bit integers as numbers, which a JavaScript number would round. */
export function numberOf(text: string): string | number {
  const number = Number(text)
  return Number.isSafeInteger(number) || !INTEGER_LITERAL.test(text) ? number : text
}

export function textOf(value: Scalar): string {
  return value === COMPOUND ? '' : String(value)
}

export function doubleOf(value: Scalar): number {
  return value === COMPOUND ? Number.NaN : Number(value)
}

/** A 32-bit count; 0 where nothing sensible was sent. */
export function countOf(value: Scalar): number {
  const number = doubleOf(value)
  return number >= 0 && number <= 0xffff_ffff ? Math.trunc(number) : 0
}

/** A 64-bit integer as number or decimal text; undefined where it is neither. */
function integerOf(value: Scalar): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string') return undefined
  if (INTEGER.test(value)) return BigInt(value)
  const number = Number(value)
  return value !== '' && Number.isSafeInteger(number) ? BigInt(number) : undefined
}

/** Writes an integer attribute. What is not a 64-bit integer keeps its value in the type that holds it: double, else text. */
export function writeInt(writer: WireWriter, value: Scalar): void {
  const integer = integerOf(value)
  if (integer !== undefined && integer <= MAX_INT64 && integer >= -MAX_INT64 - 1n) writer.int64(3, integer)
  else if (value !== '' && !Number.isNaN(doubleOf(value))) writer.double(4, doubleOf(value))
  else if (value !== '') writer.text(1, textOf(value))
}

/** Writes a time in nanoseconds; none where it is not positive. */
export function writeTime(writer: WireWriter, field: number, value: Scalar): void {
  const given =
    integerOf(value) ??
    (typeof value === 'number' && value > 0 ? BigInt(Math.trunc(Math.min(value, Number.MAX_VALUE))) : 0n)
  if (given <= 0n) return
  const time = given > MAX_UINT64 ? MAX_UINT64 : given
  writer.fixed64(field, Number(time & 0xffff_ffffn), Number(time >> 32n))
}

/** An unsigned integer of up to 19 digits: what times are, read without BigInt. */
export class Digits {
  count = 0
  /** After `halve`. */
  low = 0
  high = 0
  #head = 0
  #tail = 0
  #scale = 1

  /** Reads the digits from a position, no more than 19. @returns where they end */
  read(bytes: Buffer, from: number): number {
    let at = from
    this.#head = this.#tail = 0
    this.#scale = 1
    for (; at < from + 19; at++) {
      const digit = bytes[at]! - ZERO
      if (!(digit >= 0 && digit <= 9)) break
      if (at < from + 10) this.#head = this.#head * 10 + digit
      else {
        this.#tail = this.#tail * 10 + digit
        this.#scale *= 10
      }
    }
    this.count = at - from
    return at
  }

  /** Exact up to 15 digits. */
  get value(): number {
    return this.#head * this.#scale + this.#tail
  }

  /** Splits the value into halves of 32 bits. The head is less than 2^34 and the scale than 2^30: every step is exact. */
  halve(): void {
    const headHigh = Math.floor(this.#head / TWO_16)
    const lower = (this.#head - headHigh * TWO_16) * this.#scale + this.#tail
    const upper = headHigh * this.#scale
    const upperHigh = Math.floor(upper / TWO_16)
    const sum = (upper - upperHigh * TWO_16) * TWO_16 + lower
    const carry = Math.floor(sum / TWO_32)
    this.low = sum - carry * TWO_32
    this.high = upperHigh + carry
  }
}

/** True where a number goes on at this byte. */
export function continuesNumber(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (byte >= ZERO && byte <= NINE) || byte === POINT || byte === 0x65 || byte === 0x45
}
