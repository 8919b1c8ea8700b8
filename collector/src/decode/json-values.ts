import { DecodeError } from './decode-error.ts'

export type JsonObject = { readonly [key: string]: unknown }

const EMPTY_LIST: readonly unknown[] = []
const INTEGER = /^[+-]?\d{1,30}$/

/** `null` is the same as absent in protobuf's JSON mapping. */
export function objectOf(value: unknown, what: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'object' && !Array.isArray(value)) return value as JsonObject
  throw new DecodeError(`${what} is ${nameOf(value)}, expected an object`)
}

export function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return EMPTY_LIST
  if (Array.isArray(value)) return value
  throw new DecodeError(`${what} is ${nameOf(value)}, expected an array`)
}

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** A 64-bit integer as number or decimal text; undefined where it is neither. */
export function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string') return undefined
  if (INTEGER.test(value)) return BigInt(value)
  const number = Number(value)
  return value !== '' && Number.isSafeInteger(number) ? BigInt(number) : undefined
}

/** A 32-bit count; 0 where nothing sensible was sent. */
export function countOf(value: unknown): number {
  const number = Number(value)
  return number >= 0 && number <= 0xffff_ffff ? Math.trunc(number) : 0
}

/** The bytes of a hex id in either case; an id that is not hex comes out with the wrong length. */
export function idOf(value: unknown): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'hex') : Buffer.alloc(0)
}

/** Base64 in either alphabet; old exporters wrote a byte array's JSON form, `{"0":1,"1":255}` or `[1,255]`. */
export function binaryOf(value: unknown): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value, 'base64')
  if (typeof value !== 'object' || value === null) return Buffer.alloc(0)
  return Uint8Array.from(Object.values(value), Number)
}

function nameOf(value: unknown): string {
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}
