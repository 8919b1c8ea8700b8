import type { Bound } from './condition.ts'
import type { Pattern } from './query.ts'

/** SQL: whether a text is what a pattern says, letter for letter. */
export function matchesPattern(column: string, { text, before, after }: Pattern, bound: Bound): string {
  const value = bound.bind(text)
  if (before && after) return `position(${column}, ${value}) > 0`
  if (before) return `endsWith(${column}, ${value})`
  if (after) return `startsWith(${column}, ${value})`
  return `${column} = ${value}`
}

/** SQL: whether one of some texts holds a text somewhere, in any case. */
export function holdsText(columns: readonly string[], text: string, bound: Bound): string {
  const needles = bound.bind(spellings(text), 'Array(String)')
  // No text that is looked for spans two of them.
  return `multiSearchAnyCaseInsensitiveUTF8(concatWithSeparator('\\0\\n\\0', ${columns.join(', ')}), ${needles})`
}

/** A text as it stands in plain text, in JSON, and in JSON of ASCII alone, as Python writes it. */
function spellings(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1)
  const ascii = json.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return [...new Set([text, json, ascii])]
}
