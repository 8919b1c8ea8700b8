import { cutText } from './cut-text.ts'
import { describeLive, livenessOf, livenessOfFields } from './live-object.ts'

/** Deeper containers are replaced by a marker. */
const MAX_NESTED_VALUES = 32
/** Characters of an item and of an entry that nobody looked at: `0,` and `"":0,`. */
const LEAST_ITEM = 2
const LEAST_ENTRY = 5

interface Writer {
  /** Characters that may still be written. */
  left: number
  /** Characters that were left out: of strings all, of what nobody looked at the least that there can be. */
  lost: number
  /** The containers around the current value: meeting one again is a cycle. */
  readonly around: object[]
}

/** JSON, and about how many characters it had where it was cut. */
interface BoundedJson {
  readonly text: string
  readonly length?: number
}

/**
 * JSON of any value whatever, in about `maxLength` characters: of strings the beginning stays, items that do not fit are counted,
 * what throws is named.
 */
export function writeBounded(value: unknown, maxLength: number): BoundedJson {
  const writer: Writer = { left: maxLength, lost: 0, around: [] }
  const text = write(writer, value)
  return writer.lost === 0 ? { text } : { text, length: text.length + writer.lost }
}

function write(writer: Writer, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return writeString(writer, value)
    case 'number':
      return spent(writer, Number.isFinite(value) ? String(value) : `"${value}"`)
    case 'bigint':
      return writeBigInt(writer, value)
    case 'boolean':
      return spent(writer, String(value))
    case 'undefined':
      return spent(writer, 'null')
    case 'symbol':
      return writeString(writer, `[${String(value)}]`)
    case 'function':
      return writeString(writer, `[function ${attempt(() => value.name) || 'anonymous'}]`)
    default:
      return value === null ? spent(writer, 'null') : writeObject(writer, value as object)
  }
}

function writeString(writer: Writer, text: string): string {
  const room = Math.max(writer.left, 0)
  const kept = text.length <= room ? text : cutText(text, room)
  writer.lost += text.length - kept.length
  return spent(writer, JSON.stringify(kept.toWellFormed()))
}

/** Digits cost quadratic time, so a number of many digits is only measured. */
function writeBigInt(writer: Writer, value: bigint): string {
  const large = value > 2n ** 4096n || value < -(2n ** 4096n)
  return writeString(writer, large ? '[bigint of more than 4096 bits]' : String(value))
}

function writeObject(writer: Writer, value: object): string {
  if (writer.around.includes(value)) return spent(writer, '"[circular]"')
  if (writer.around.length >= MAX_NESTED_VALUES) return spent(writer, '"[too deep]"')
  writer.around.push(value)
  try {
    return writeContent(writer, value)
  } catch (error) {
    return writeString(writer, threw(error))
  } finally {
    writer.around.pop()
  }
}

function writeContent(writer: Writer, value: object): string {
  if (Array.isArray(value)) return writeArray(writer, value, value.length)
  if (value instanceof Date)
    return writeString(writer, Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString())
  if (isBinary(value)) {
    return writeString(writer, `[${nameOf(value)}, ${value.byteLength} bytes]`)
  }
  if (value instanceof Map) return writeMap(writer, value)
  if (value instanceof Set) return writeArray(writer, value, value.size)
  if (value instanceof RegExp) return writeString(writer, String(value))
  const holds = livenessOfFields(value)
  if (value instanceof Error) return writeError(writer, value, holds !== undefined)
  if (holds === 'http' || livenessOf(value) !== undefined) return writeLive(writer, value)
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') return write(writer, toJSON.call(value, ''))
  return holds === 'live' ? writeLive(writer, value) : writeProperties(writer, value)
}

/** Some edge runtimes have no SharedArrayBuffer. */
function isBinary(value: object): value is ArrayBufferView | ArrayBufferLike {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true
  return globalThis.SharedArrayBuffer !== undefined && value instanceof SharedArrayBuffer
}

function writeLive(writer: Writer, value: object): string {
  return writeString(writer, describeLive(nameOf(value), value))
}

function writeArray(writer: Writer, values: Iterable<unknown>, size: number): string {
  const parts: string[] = []
  writer.left -= 2
  for (const value of values) {
    if (writer.left <= 0) {
      writer.lost += (size - parts.length) * LEAST_ITEM
      parts.push(spent(writer, `"… ${size - parts.length} more"`))
      break
    }
    parts.push(write(writer, value))
    writer.left -= 1
  }
  return `[${parts.join(',')}]`
}

/** An object if every key that fits is a string, else a list of pairs. */
function writeMap(writer: Writer, map: Map<unknown, unknown>): string {
  if (
    map
      .keys()
      .take(Math.max(writer.left, 0))
      .some((key) => typeof key !== 'string')
  ) {
    return writeArray(writer, map, map.size)
  }
  return writeEntries(writer, map.keys() as Iterable<string>, map.size, (key) => map.get(key))
}

/** Of an error that holds a request or the like, what HTTP clients add is left out: their configuration has the secrets. */
function writeError(writer: Writer, error: Error, holdsLive: boolean): string {
  const record = error as unknown as Record<string, unknown>
  const own = Object.keys(error).filter((key) => !holdsLive || typeof attempt(() => record[key]) !== 'object')
  const keys = new Set(['name', 'message', 'stack', ...own])
  if (Object.hasOwn(error, 'cause')) keys.add('cause')
  return writeEntries(writer, keys, keys.size, (key) => record[key])
}

function writeProperties(writer: Writer, value: object): string {
  const keys = Object.keys(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (keys.length === 0 && prototype !== Object.prototype && prototype !== null) {
    return writeString(writer, `[${nameOf(value)}]`)
  }
  return writeEntries(writer, keys, keys.length, (key) => (value as Record<string, unknown>)[key])
}

function writeEntries(
  writer: Writer,
  keys: Iterable<string>,
  size: number,
  read: (key: string) => unknown,
): string {
  const parts: string[] = []
  let seen = 0
  writer.left -= 2
  for (const key of keys) {
    if (writer.left <= 0) {
      writer.lost += (size - seen) * LEAST_ENTRY
      parts.push(spent(writer, `"…":"${size - seen} more"`))
      break
    }
    seen += 1
    const value = attempt(() => read(key))
    if (value === undefined) continue
    parts.push(`${writeString(writer, key)}:${write(writer, value)}`)
    writer.left -= 2
  }
  return `{${parts.join(',')}}`
}

function spent(writer: Writer, text: string): string {
  writer.left -= text.length
  return text
}

function nameOf(value: NonNullable<unknown>): string {
  const name: unknown = attempt(() => value.constructor.name)
  // Next's edge runtime has constructors that are bound.
  if (typeof name === 'string' && name !== '') return name.replace(/^bound /, '')
  return String(attempt(() => Object.prototype.toString.call(value).slice('[object '.length, -1)))
}

/** What `read` gives, or a note that it threw. */
function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return threw(error)
  }
}

function threw(error: unknown): string {
  try {
    return `[threw ${error instanceof Error ? error.message : String(error)}]`
  } catch {
    return '[threw]'
  }
}
