import { stringifyExact } from '../text/exact-json.ts'

/** JSON text with sorted keys and without `undefined`: equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return stringifyExact(value, sorted) ?? 'null'
}

function sorted(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
