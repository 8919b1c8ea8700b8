import { createHmac } from 'node:crypto'

/** What happens to the values of keys; keys are given as latin1, one character per byte. */
export interface KeyRule {
  /** As metrics name it. */
  readonly name: string
  readonly marker: ToMarker
}

export interface DenyRule extends KeyRule {
  /** A key, `*` standing for any characters. */
  readonly pattern: string
}

const CACHED_KEYS = 10_000
const CACHED_LENGTH = 200

/** Decides by its key whether a value is kept. Upper and lower case are the same. */
export class KeyRules {
  readonly #denied: readonly { readonly rule: KeyRule; readonly matches: (key: string) => boolean }[]
  readonly #hint: RegExp | undefined
  readonly #allowed: readonly ((key: string) => boolean)[]
  readonly #notAllowed: KeyRule | undefined
  /** Clients send the same few keys again and again. */
  readonly #decisions = new Map<string, KeyRule | undefined>()
  readonly #members = new Map<string, KeyRule | undefined>()

  /** @param notAllowed what happens to the attributes whose key `allow` does not name; undefined: all are allowed */
  constructor(deny: readonly DenyRule[], allow: readonly string[], notAllowed: KeyRule | undefined) {
    this.#denied = deny.map((rule) => ({ rule, matches: globMatcher(rule.pattern) }))
    this.#hint = hintOf(deny.map(({ pattern }) => pattern))
    this.#allowed = allow.map(globMatcher)
    this.#notAllowed = notAllowed
  }

  get denies(): boolean {
    return this.#denied.length > 0
  }

  /** False where no key of a request, given as latin1, can be forbidden. */
  mayForbid(request: string): boolean {
    return this.#notAllowed !== undefined || (this.denies && (this.#hint?.test(request) ?? true))
  }

  /** The rule that forbids the value of an attribute. */
  ofAttribute(key: string): KeyRule | undefined {
    return cached(this.#decisions, key, () => {
      const lower = key.toLowerCase()
      const denied = this.#denied.find(({ matches }) => matches(lower))?.rule
      return denied ?? (this.#allowed.some((matches) => matches(lower)) ? undefined : this.#notAllowed)
    })
  }

  /** The rule that forbids the value of a member inside a nested value or JSON text: what is allowed is not asked. */
  ofMember(key: string): KeyRule | undefined {
    return cached(this.#members, key, () => {
      const lower = key.toLowerCase()
      return this.#denied.find(({ matches }) => matches(lower))?.rule
    })
  }
}

function cached(
  decisions: Map<string, KeyRule | undefined>,
  key: string,
  decide: () => KeyRule | undefined,
): KeyRule | undefined {
  if (decisions.has(key)) return decisions.get(key)
  const decision = decide()
  if (decisions.size < CACHED_KEYS && key.length <= CACHED_LENGTH) decisions.set(key, decision)
  return decision
}

/** Found in every text that has a key of one of the patterns, as it is or with JSON's escapes; undefined: unknown. */
function hintOf(patterns: readonly string[]): RegExp | undefined {
  const parts = patterns.map((pattern) => pattern.split('*').reduce((a, b) => (b.length > a.length ? b : a)))
  if (!parts.every((part) => /^[\w.-]+$/.test(part))) return undefined
  return new RegExp(`${parts.join('|').replaceAll('.', '\\.')}|\\\\u`, 'i')
}

/** Without a regular expression: several `*` would make one backtrack on long keys. */
function globMatcher(pattern: string): (lowerKey: string) => boolean {
  const [first = '', ...rest] = Buffer.from(pattern).toString('latin1').toLowerCase().split('*')
  const last = rest.pop()
  if (last === undefined) return (key) => key === first
  return (key) => {
    if (key.length < first.length + last.length || !key.startsWith(first) || !key.endsWith(last)) return false
    let at = first.length
    for (const part of rest) {
      const found = key.indexOf(part, at)
      if (found === -1) return false
      at = found + part.length
    }
    return at <= key.length - last.length
  }
}

/** `mask`: nothing of the value is kept. `hash`: equal values stay recognisable as equal. */
export type Action = 'mask' | 'hash'

/** Hex digits of a keyed hash that are kept: 64 bits, enough to join by, too few to be anything else. */
const HASH_DIGITS = 16

/** What stands in the place of a value, e.g. `[redacted:email]` or `[redacted:email:0f3a...]`. */
export type ToMarker = (value: Uint8Array) => string

/** @param salt of the keyed hash: without it, hashes of guessable values such as addresses could be reversed */
export function toMarker(rule: string, action: Action, salt: string): ToMarker {
  if (action === 'mask') return () => `[redacted:${rule}]`
  return (value) => {
    const hash = createHmac('sha256', salt).update(value).digest('hex').slice(0, HASH_DIGITS)
    return `[redacted:${rule}:${hash}]`
  }
}
