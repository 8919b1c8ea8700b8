import { SPANS_PER_TRACE } from './shape.ts'

/** MurmurHash3's finaliser: a bijection of 32 bits, so that different numbers give different words. */
function scatter(number: number): number {
  let word = number | 0
  word = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35)
  return (word ^ (word >>> 16)) >>> 0
}

/** A word of the id of a trace. Ids look random, as those of clients do, and differ for 2^32 traces. */
export function traceWord(trace: number, word: number): number {
  return scatter(trace ^ Math.imul(word, 0x9e37_79b1))
}

/** A word of the id of a span; all spans are numbered, those of a trace one after the other. */
export function spanWord(span: number, word: number): number {
  return scatter(span ^ Math.imul(word + 5, 0x85eb_ca77))
}

/** A word that depends on a span and a salt, for what else varies. */
export function noiseWord(span: number, salt: number): number {
  return scatter(span + Math.imul(salt + 1, 0x27d4_eb2f))
}

export interface SpanIdentity {
  /** Lower-case hex, as in a query. */
  readonly traceId: string
  readonly spanId: string
}

export function identityOf(span: number): SpanIdentity {
  const trace = Math.floor(span / SPANS_PER_TRACE)
  const hex = (word: number) => word.toString(16).padStart(8, '0')
  return {
    traceId: [0, 1, 2, 3].map((word) => hex(traceWord(trace, word))).join(''),
    spanId: [0, 1].map((word) => hex(spanWord(span, word))).join(''),
  }
}
