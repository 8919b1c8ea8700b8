import type { DevalueError } from 'devalue'
import { fromError, isError, type StoredError, toError } from './stored-error.ts'

/** Loaded by the first run that has a store: it is an ES module only, which not every loader of CommonJS takes. */
const devalue = () => import('devalue')

/** A value cannot be stored so that it comes back as it was. */
export class NotStorableError extends Error {
  override readonly name = 'NotStorableError'
  readonly code = 'NOT_STORABLE'
}

/**
 * JSON text of a value that comes back as it was: also undefined, -0, NaN, dates, big integers, maps, sets, URLs, regular
 * expressions, typed arrays, references and cycles. Errors come back as `stored-error.ts` says, a `Buffer` as a `Uint8Array`.
 *
 * Functions, symbols, promises and instances of other classes are refused: they would come back as something else, and a flow
 * that goes on in another process would find out there.
 *
 * @param what names the value in the error: `output of step "plan"`
 * @param wrapping the path to what the error is about, left out of it: `.outcome.value`
 * @throws NotStorableError
 */
export async function toStored(what: string, value: unknown, wrapping = ''): Promise<string> {
  const { stringify } = await devalue()
  try {
    return stringify(value, { Error: (part: unknown) => isError(part) && fromError(part) })
  } catch (cause) {
    throw new NotStorableError(
      `The ${what} cannot be stored: ${problemOf(cause, wrapping)}. Return plain data: objects, arrays, strings, numbers, dates, maps, sets, errors`,
      { cause },
    )
  }
}

export async function fromStored(text: string): Promise<unknown> {
  const { parse } = await devalue()
  return parse(text, { Error: (stored: StoredError) => toError(stored) })
}

/** `.client is an instance of OpenAI` */
function problemOf(cause: unknown, wrapping: string): string {
  if ((cause as Partial<DevalueError> | null)?.name !== 'DevalueError')
    return cause instanceof Error ? cause.message : String(cause)
  const { path: whole, value } = cause as DevalueError
  const path = whole.startsWith(wrapping) ? whole.slice(wrapping.length) : whole
  return `${path || 'it'} is ${describe(value)}`
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise'
  if (Symbol.asyncIterator in value || value instanceof ReadableStream)
    return 'a stream (`flow.stream` reads one)'
  const name: unknown = value.constructor?.name
  if (typeof name === 'string' && name !== '' && name !== 'Object') return `an instance of ${name}`
  return 'an object with symbols or __proto__ as keys'
}
