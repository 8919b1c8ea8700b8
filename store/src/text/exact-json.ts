import { isDeepStrictEqual } from 'node:util'
import { UsageError } from '@weir/config'

/** JSON cannot hold the value, or JavaScript may have rounded it; the message ends a sentence that begins with its place. */
export class ExactJsonError extends UsageError {
  override readonly code: string = 'EXACT_JSON'
}

/** From here on JavaScript writes numbers with an exponent, and they are understood as the 64-bit numbers they are. */
const EXPONENT_FROM = 1e21
/** A bigint of more digits takes time by the square of them. */
const MOST_DIGITS = 4_096
const LARGEST = 10n ** BigInt(MOST_DIGITS)
/** Characters of a number in a message. */
const MOST_SHOWN = 40
/** Text without either has only numbers that JavaScript holds as they are written. */
const MAY_BE_INEXACT = /\d{16}|\d[eE]/
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** https://github.com/tc39/proposal-json-parse-with-source */
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
  rawJSON(text: string): { readonly rawJSON: string }
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
}
const json = JSON as unknown as ExactJson

/**
 * Reads JSON without rounding what was written. An integer beyond 2^53 is a bigint; what neither a number nor a bigint
 * holds (`1e400`) is `{ rawJSON: '1e400' }`, which is written as it was. All others are 64-bit numbers, as everywhere in JSON.
 *
 * @throws SyntaxError
 */
export function parseExact(text: string): unknown {
  if (!MAY_BE_INEXACT.test(text)) return JSON.parse(text)
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(source, value) : value,
  )
}

function exactNumber(source: string, value: number): unknown {
  if (Number.isSafeInteger(value))
    return value === 0 && /[1-9]/.test(mantissaOf(source)) ? json.rawJSON(source) : value
  if (!Number.isFinite(value) || Number.isInteger(value))
    return exactInteger(source, value) ?? json.rawJSON(source)
  return value
}

/** Undefined where it is none, has too many digits, or is one only by an exponent that no 64-bit number has. */
function exactInteger(source: string, value: number): number | bigint | undefined {
  const hasExponent = /[eE]/.test(source) && Math.abs(value) >= EXPONENT_FROM
  if (hasExponent && !Number.isFinite(value)) return undefined
  if (hasExponent && digitsOf(source) === digitsOf(String(value))) return value
  return integerOf(source)
}

function integerOf(source: string): bigint | undefined {
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(source) ?? []
  const shift = Number(exponent) - fraction.length
  const digits = whole + fraction
  if (digits.length + Math.max(0, shift) > MOST_DIGITS) return undefined
  if (shift < 0 && /[^0]/.test(digits.slice(shift))) return undefined
  const integer = BigInt(shift < 0 ? digits.slice(0, shift) : digits + '0'.repeat(shift))
  return source.startsWith('-') ? -integer : integer
}

function mantissaOf(source: string): string {
  return source.replace(/[eE].*$/, '')
}

/** The digits that count. */
function digitsOf(source: string): string {
  return mantissaOf(source)
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '')
}

/**
 * Writes a value as JSON: bigints as integers, and what {@link parseExact} kept as it was written.
 * @param replace gives what stands for an object
 */
export function stringifyExact(
  value: unknown,
  replace: (object: Readonly<Record<string, unknown>>) => unknown = (object) => object,
): string | undefined {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return json.rawJSON(String(inner))
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    return isObject && !json.isRawJSON(inner) ? replace(inner as Record<string, unknown>) : inner
  })
}

/** The same for people and for every reader: indented, and half an emoji is U+FFFD. */
export function prettyExact(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, inner: unknown) => {
      if (typeof inner === 'string') return inner.toWellFormed()
      return typeof inner === 'bigint' ? json.rawJSON(String(inner)) : inner
    },
    2,
  )
}

/**
 * Makes sure that a value is the same after {@link stringifyExact} and {@link parseExact}, as far as its numbers go.
 *
 * @throws ExactJsonError for NaN, infinities, what `parseExact` could not hold, and numbers beyond 2^53 that may stand for
 * another integer; it says where
 * @throws TypeError for a value that contains itself
 */
export function requireExact(value: unknown): void {
  const places = new Map<object, string>()
  JSON.stringify(value, function (this: object, key: string, inner: unknown) {
    const place = placeIn(places.get(this), key, Array.isArray(this))
    const problem = problemOf(inner)
    if (problem !== undefined) throw new ExactJsonError(`${place || 'the value'} is ${problem}`)
    if (typeof inner !== 'object' || inner === null) return typeof inner === 'bigint' ? 0 : inner
    places.set(inner, place)
    return inner
  })
}

/** Such as `input.ids[3]`; `outer` is undefined for the value as a whole. */
function placeIn(outer: string | undefined, key: string, isIndex: boolean): string {
  if (outer === undefined) return ''
  if (isIndex) return `${outer}[${key}]`
  if (!/^[\w$]+$/.test(key)) return `${outer}[${JSON.stringify(key)}]`
  return outer === '' ? key : `${outer}.${key}`
}

function problemOf(value: unknown): string | undefined {
  if (typeof value === 'bigint')
    return value < LARGEST && value > -LARGEST
      ? undefined
      : `an integer of more than ${MOST_DIGITS} digits: write it as text`
  if (json.isRawJSON(value))
    return `${value.rawJSON.slice(0, MOST_SHOWN)}, which no number holds: write it as text, in quotes`
  if (typeof value !== 'number') return undefined
  if (!Number.isFinite(value)) return `${value}, which JSON cannot hold: write null, or text`
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= EXPONENT_FROM)
    return undefined
  return `${value}, an integer beyond 2^53, which JavaScript rounds: write it as a bigint such as ${value}n, or as text`
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/**
 * Whether two values are the same JSON: numbers by what they are worth, so that 0 is -0 and 1e21 is
 * 1000000000000000000000n, objects whatever the order of their keys.
 */
export function equalsExact(a: unknown, b: unknown): boolean {
  if (isNumeric(a) && isNumeric(b)) return a === b || worth(a) === worth(b)
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => equalsExact(item, b[index]))
  if (!isPlain(a) || !isPlain(b)) return isDeepStrictEqual(a, b)
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equalsExact(a[key], b[key]))
  )
}

/** A number that JavaScript writes with an exponent is the integer that this stands for. */
function worth(value: number | bigint): number | bigint {
  return Number.isInteger(value) ? (integerOf(String(value)) ?? value) : value
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
