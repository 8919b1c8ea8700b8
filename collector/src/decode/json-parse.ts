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
