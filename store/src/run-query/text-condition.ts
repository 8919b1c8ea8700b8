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
  const texts = withPlainK(`concatWithSeparator('\\0\\n\\0', ${columns.join(', ')})`)
  return `multiSearchAnyCaseInsensitiveUTF8(${texts}, ${needles})`
}

/**
 * SQL: the same of the columns that the index `texts` of a table is of, in its order. What the index can say of a text is said first, and
 * columns are read for the rest.
 */
export function holdsIndexedText(columns: readonly string[], text: string, bound: Bound): string {
  if (!isIndexedText(text)) return holdsText(columns, text, bound)
  const indexed = `lower(${withPlainK(`concatWithSeparator('\\n', ${columns.join(', ')})`)})`
  const hasPart = (part: string) => `${indexed} LIKE ${bound.bind(`%${part}%`)}`
  const hasParts = indexedParts(text).map((parts) => parts.map(hasPart).join(' AND '))
  const isOneWord = spellings(text).every(
    (spelling, nth) => indexedParts(text)[nth]![0] === inLowerCase(spelling),
  )
  return `((${hasParts.join(' OR ')})${isOneWord ? '' : ` AND ${holdsText(columns, text, bound)}`})`
}

/** Whether the index `texts` finds a text, however it is spelled. */
export function isIndexedText(text: string): boolean {
  return indexedParts(text).every((parts) => parts.length > 0)
}

/** For each spelling, what the index finds: parts of words. Shorter ones are in too many words (`text_index_like_min_pattern_length`). */
function indexedParts(text: string): string[][] {
  return spellings(text).map((spelling) => [...new Set(inLowerCase(spelling).match(/[a-z0-9]{4,}/g))])
}

/** As the index has letters. */
function inLowerCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** SQL: whether the hex digits of an id of some bytes hold a text; undefined where none can. */
export function holdsDigits(id: string, bytes: number, text: string, bound: Bound): string | undefined {
  const isPart = /^[0-9a-f]+$/i.test(text) && text.length <= 2 * bytes
  return isPart ? `position(hex(${id}), ${bound.bind(text.toUpperCase())}) > 0` : undefined
}

/** A text as it stands in plain text, in JSON, and in JSON of ASCII alone, as Python writes it. */
function spellings(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1)
  const ascii = json.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return [...new Set([text, json, ascii].map((spelling) => spelling.replaceAll(KELVIN, 'k')))]
}

/** The only other letter that is one of ASCII in lower case, which ClickHouse does not always know. */
const KELVIN = '\u212a'

/** SQL: a text with a k for each of them. */
function withPlainK(text: string): string {
  return `replaceAll(${text}, '\\xE2\\x84\\xAA', 'k')`
}
