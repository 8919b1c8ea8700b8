import type { Matches, Pattern } from './pattern.ts'

/** Digits with single separators; not within words, ids or fractions. */
const START = /[2-6](?<![A-Za-z0-9.].)\d(?:[ -]?\d){11,17}/g
/** Numbers of American Express, Diners, Discover, JCB, Mastercard, UnionPay and Visa (ISO/IEC 7812 issuer ranges). */
const ISSUED =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}|6(?:011|5\d\d|4[4-9]\d|2\d\d)\d{12,15})$/
const SHORTEST = 13

export const CREDIT_CARD: Pattern = {
  name: 'credit-card',
  // Digits, or an AnyValue.int_value of as many: a varint of 6 to 9 bytes.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is searched for in bytes
  hint: /\d(?:[ -]?\d){12}|\x18[\x80-\xff]{5,8}[\x01-\x7f]/,
  find,
}

function find(text: string): Matches {
  const found: number[] = []
  START.lastIndex = 0
  for (let match = START.exec(text); match !== null; match = START.exec(text)) {
    const start = match.index
    const end = cardEnd(text, start, start + match[0].length)
    if (end > 0) found.push(start, end)
    START.lastIndex = end > 0 ? end : start + 1
  }
  return found
}

/** The end of the longest card number from `start`, where no digit or letter follows; 0 if there is none. */
function cardEnd(text: string, start: number, last: number): number {
  for (let end = last; end - start >= SHORTEST; end--) {
    if (/[A-Za-z0-9]/.test(text.charAt(end)) || !/\d/.test(text.charAt(end - 1))) continue
    const digits = text.slice(start, end).replace(/[ -]/g, '')
    if (ISSUED.test(digits) && hasLuhnSum(digits)) return end
  }
  return 0
}

/** ISO/IEC 7812-1, annex B. */
function hasLuhnSum(digits: string): boolean {
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48
    sum += at % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)
  }
  return sum % 10 === 0
}
