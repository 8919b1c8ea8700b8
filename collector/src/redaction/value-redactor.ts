import { replaceMembers } from './json-members.ts'
import type { KeyRule, KeyRules, ToMarker } from './key-rules.ts'
import type { Pattern } from './pattern.ts'

/** A pattern and what stands in the place of what it finds. */
export interface ValueRule {
  readonly pattern: Pattern
  readonly marker: ToMarker
}

/** All rules of redaction, ready to be applied. */
export interface RedactionRules {
  readonly keys: KeyRules
  readonly values: readonly ValueRule[]
}

/** Escapes of JSON text, escaped again or not. */
const ESCAPES = /\\+(?:u[0-9a-f]{4}|[bfnrt"])?/gi
const ESCAPE_END = /\\(?:u[0-9a-f]{4}|[bfnrt"])/iy

/** Applies rules to values, and counts what they replaced. */
export class ValueRedactor {
  readonly #keys: KeyRules
  readonly #values: readonly ValueRule[]
  readonly #count: (rule: string) => void

  constructor({ keys, values }: RedactionRules, count: (rule: string) => void) {
    this.#keys = keys
    this.#values = values
    this.#count = count
  }

  /** The marker that stands for a value that its key forbids. */
  markerOf(rule: KeyRule, value: Uint8Array): string {
    this.#count(rule.name)
    return rule.marker(value)
  }

  /** The rules whose pattern may find something in a request, given as latin1. */
  rulesFor(request: string): readonly ValueRule[] {
    return this.#values.filter(({ pattern }) => pattern.hint?.test(request) ?? true)
  }

  /** The value without what its keys and `rules` forbid in it; the very same text where there is nothing. */
  redact(text: string, rules: readonly ValueRule[]): string {
    let kept = this.#keys.denies ? this.#redactMembers(text) : text
    let searched: string | undefined
    for (const rule of rules) {
      searched ??= withoutEscapes(kept)
      const before = kept
      kept = this.#replace(kept, searched, rule)
      if (rule.pattern.seesEscapes && kept.includes('\\')) kept = this.#replace(kept, kept, rule)
      if (kept !== before) searched = undefined
    }
    return kept
  }

  #redactMembers(text: string): string {
    return replaceMembers(text, (key) => {
      const rule = this.#keys.ofMember(key)
      return rule && ((value) => this.markerOf(rule, Buffer.from(value, 'latin1')))
    })
  }

  /** @param searched the text as the pattern sees it, of equal length */
  #replace(text: string, searched: string, { pattern, marker }: ValueRule): string {
    const found = pattern.find(searched)
    if (found.length === 0) return text
    let kept = ''
    let copied = 0
    for (let at = 0; at < found.length; at += 2) {
      const end = found[at + 1]!
      const start = Math.min(afterEscape(text, found[at]!), end)
      this.#count(pattern.name)
      kept += text.slice(copied, start) + marker(Buffer.from(text.slice(start, end), 'latin1'))
      copied = end
    }
    return kept + text.slice(copied)
  }
}

/** What begins amid an escape begins after it: a lone backslash would make JSON text unreadable. */
function afterEscape(text: string, start: number): number {
  if (text.charAt(start - 1) !== '\\') return start
  ESCAPE_END.lastIndex = start - 1
  return ESCAPE_END.test(text) ? ESCAPE_END.lastIndex : start
}

/** The same text, of the same length, with blanks for the escapes of JSON. */
function withoutEscapes(text: string): string {
  return text.includes('\\') ? text.replace(ESCAPES, blank) : text
}

function blank({ length }: string): string {
  return ' '.repeat(length)
}
