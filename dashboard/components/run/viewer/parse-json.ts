import type { RecordedValue } from './cut-value.ts'

/**
 * The value of JSON text that holds an object or array; undefined for anything else, which reads better as text.
 * @param type as it was recorded: a text is no JSON, whatever it looks like
 */
export function parseJson(
  text: string,
  type: RecordedValue['type'] = 'unknown',
): { readonly value: object } | undefined {
  if (type === 'text' || !/^\s*[[{]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text, keepBigIntegers)
    return typeof value === 'object' && value !== null ? { value } : undefined
  } catch {
    return undefined
  }
}

/** An integer beyond 2^53, shown with the digits that were recorded. */
export class BigNumber {
  readonly digits: string
  constructor(digits: string) {
    this.digits = digits
  }
}

function keepBigIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !context?.source) return value
  return /^-?\d+$/.test(context.source) ? new BigNumber(context.source) : value
}
