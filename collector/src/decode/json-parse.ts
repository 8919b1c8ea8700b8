import { DecodeError } from './decode-error.ts'

/** A bare integer of 16 digits or more, which a JavaScript number might round. */
const LONG_INTEGER = /[:[,]\s*-?\d{16,}/
const INTEGER = /^-?\d+$/

/**
 * JSON.parse, except that integers beyond 2^53 come as decimal text instead of rounded: OTLP allows both forms.
 * @throws DecodeError on anything that is not JSON
 */
export function parseJson(text: string): unknown {
  try {
    if (!LONG_INTEGER.test(text)) return JSON.parse(text)
    return (JSON.parse as ParseWithSource)(text, exactIntegers)
  } catch (cause) {
    throw new DecodeError(`the body is not JSON: ${withoutExcerpt((cause as Error).message)}`)
  }
}

/** Small bodies cannot nest deep enough to matter. */
const CHECKED_FROM = 1024 * 1024
/** Attribute values may nest 100 deep, with four levels of JSON each. */
const MAX_NESTING = 1000
const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}')

/**
 * A few megabytes of brackets would become gigabytes of arrays.
 * @throws DecodeError where a large body nests deeper than any trace request
 */
export function checkNesting(body: Buffer): void {
  if (body.length < CHECKED_FROM) return
  let depth = 0
  let inText = false
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]
    if (inText) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) inText = false
    } else if (byte === QUOTE) inText = true
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1
    if (depth > MAX_NESTING) throw new DecodeError(`the body nests deeper than ${MAX_NESTING}`)
  }
}

const REASON =
  /^(Unexpected token '.'|Unexpected end of JSON input|(Unexpected|Expected|Bad|Unterminated|No) .*? at position \d+)/u

/** The parser's message quotes the body, which must not get into logs. */
function withoutExcerpt(message: string): string {
  return REASON.exec(message)?.[0] ?? 'it cannot be parsed'
}

/** JSON.parse with source text access (ES2026, in Node since 21); TypeScript's library does not have it yet. */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown

function exactIntegers(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  return context.source !== undefined && INTEGER.test(context.source) ? context.source : value
}
