import { IN_WORD, type Matches, type Pattern } from './pattern.ts'

/**
 * A blank or a dash as people and word processors write them, each as its bytes of UTF-8: U+00A0, U+00AD, U+2000 to U+2015,
 * U+2028 to U+202F, U+205F, U+2060, U+2212, U+3000; and a blank as URLs have it.
 */
const BLANK = String.raw`[ -]|%20|%C2%A0|\xc2[\xa0\xad]|\xe2(?:\x80[\x80-\x95\xa8-\xaf]|\x81[\x9f\xa0]|\x88\x92)|\xe3\x80\x80`
/** Between the groups of a number, and between other numbers as well: `37.8282246310005`, `10.0.0.7`. */
const GAP = String.raw`${BLANK}|[._/+\t]`
/** As a hint sees it: JSON's escapes are still there. */
const ESCAPE = String.raw`\\+(?!\\)(?:u[0-9a-f]{4}|[bfnrt"])?`

/** Digits; not within words, ids or fractions. The groups of a number may be far apart where an escape was: `4111\u00a01111`. */
const START = new RegExp(String.raw`[2-6](?<!${IN_WORD}.|\d\..)\d(?:(?:${GAP}){0,8}\d){11,17}`, 'gi')
const GAPS = new RegExp(`(?:${GAP})+`, 'gi')
const DIGIT_OR_GAP = new RegExp(String.raw`(\d)|${GAP}`, 'gi')
const ONE_BLANK = new RegExp(`^(?:${BLANK})$`, 'i')
/** The lengths of the groups that numbers are printed in; the last ones of 12 to 19 digits may be shorter. */
const PRINTED = /^4,(?:4,4,\d(?:,\d)?|6,[45]|3,3,3)$/
/** Numbers of American Express, Diners, Discover, JCB, Mastercard, UnionPay and Visa (ISO/IEC 7812 issuer ranges). */
const ISSUED =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}|6(?:011|5\d\d|4[4-9]\d|2\d\d)\d{12,15})$/
const SHORTEST = 13
/** A fraction that is not 0. A card's number that was a float on its way ends with `.0`. */
const FRACTION = /^\.\d*[1-9]/
const MOST_DIGITS = 20

/**
 * Thirteen digits with single blanks; or the first groups of a printed number; or a number of as many digits, as
 * AnyValue.int_value, a varint of 6 to 9 bytes, or as AnyValue.double_value from 2^41 to 2^63.
 */
const HINT = [
  String.raw`\d(?:(?:${BLANK})?\d){12}`,
  String.raw`[2-6]\d{3}(?:${GAP}|${ESCAPE}){1,8}\d{3,6}(?:${GAP}|${ESCAPE}){1,8}\d`,
  String.raw`\x18[\x80-\xff]{5,8}[\x01-\x7f]`,
  String.raw`\x21[\x00-\xff]{6}(?:[\x80-\xff]\x42|[\x00-\xdf]\x43)`,
].join('|')

export const CREDIT_CARD: Pattern = { name: 'credit-card', hint: new RegExp(HINT, 'i'), find }

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
  const run = text.slice(start, last)
  const ends = [...run.matchAll(DIGIT_OR_GAP)].flatMap(({ 1: digit, index }) =>
    digit ? [start + index + 1] : [],
  )
  for (const end of ends.slice(SHORTEST - 1).reverse()) {
    if (/[A-Za-z0-9]/.test(text.charAt(end))) continue
    const number = text.slice(start, end)
    const digits = number.replace(GAPS, '')
    if (ISSUED.test(digits) && hasLuhnSum(digits) && isWritten(number, text.slice(end, end + MOST_DIGITS)))
      return end
  }
  return 0
}

/** Whether people write a card's number so: with single blanks anywhere, or with other gaps where its groups end. */
function isWritten(number: string, next: string): boolean {
  const gaps = number.match(GAPS) ?? []
  if (gaps.length === 0) return !FRACTION.test(next)
  if (gaps.every((gap) => ONE_BLANK.test(gap))) return true
  if (number.includes('.') && /^\.\d/.test(next)) return false
  const lengths = number
    .replace(GAPS, ',')
    .split(',')
    .map(({ length }) => length)
  return PRINTED.test(lengths.join())
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
