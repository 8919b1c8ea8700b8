import { writeBounded } from './bounded-json.ts'
import { cutText } from './cut-text.ts'

/** A value as it is stored on a span. */
export interface Serialised {
  readonly text: string
  readonly mimeType: 'application/json' | 'text/plain'
  /** Where it was cut: how many characters it had, of JSON an estimate that is too low rather than too high. */
  readonly length?: number
}

/** Deeper or more numerous than this goes to the bounded writer. */
const FAST_DEPTH = 8
const FAST_NODE_COST = 8

/**
 * Text of about `maxLength` characters at most for any value, `undefined` for undefined. A string is kept as it is;
 * everything else becomes JSON that stays valid when it is cut. Never throws; work is bounded by `maxLength`.
 */
export function serialise(value: unknown, maxLength: number): Serialised | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') return serialiseText(value, maxLength)
  const mimeType = 'application/json'
  const text = fastJson(value, maxLength)
  return text === undefined ? { ...writeBounded(value, maxLength), mimeType } : { text, mimeType }
}

/** The string, or its beginning and how long it was. */
function serialiseText(value: string, maxLength: number): Serialised {
  const mimeType = 'text/plain'
  if (value.length <= maxLength)
    return { text: value.isWellFormed() ? value : value.toWellFormed(), mimeType }
  return { text: cutText(value, maxLength).toWellFormed(), mimeType, length: value.length }
}

/** `JSON.stringify` for what is known beforehand to be small, plain and without surprises. */
function fastJson(value: unknown, maxLength: number): string | undefined {
  try {
    if (spend(value, maxLength, 0) < 0) return undefined
    const text = JSON.stringify(value)
    return text.length <= maxLength ? text : undefined
  } catch {
    return undefined
  }
}

/** What is left of `room` after `value`; below 0 if it is too large or not plain JSON. */
function spend(value: unknown, room: number, depth: number): number {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? room - value.length : -1
    case 'number':
      return Number.isFinite(value) ? room - FAST_NODE_COST : -1
    case 'boolean':
    case 'undefined':
      return room - FAST_NODE_COST
    case 'object':
      return value === null ? room - FAST_NODE_COST : spendObject(value, room, depth)
    default:
      return -1
  }
}

function spendObject(value: object, room: number, depth: number): number {
  if (depth >= FAST_DEPTH) return -1
  let left = room - FAST_NODE_COST
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index++)
      left = spend(value[index], left, depth + 1)
    return left
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return -1
  for (const key in value) {
    left = spend((value as Record<string, unknown>)[key], left - key.length, depth + 1)
    if (left < 0) return -1
  }
  return left
}
