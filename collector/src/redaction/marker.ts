import { createHmac } from 'node:crypto'

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
