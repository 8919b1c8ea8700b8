import type { Operator, Pattern } from './query.ts'
import { QueryError } from './query-error.ts'

/** A piece of a query, and where it begins in the text. */
export type Token = { readonly at: number } & ({ readonly type: '(' | ')' | '-' | 'or' | 'end' } | Term)

/** A word, or a key with its operator and its value. */
export interface Term {
  readonly type: 'term'
  readonly at: number
  /** Undefined for a word. */
  readonly key?: { readonly text: string; readonly isQuoted: boolean }
  readonly operator?: Operator
  readonly value: Pattern & { readonly isQuoted: boolean; readonly at: number }
  /** As it was written. */
  readonly source: string
}

const SPACE = /\s/
/** What ends a word: a quote or a bracket in a word is an error, so that none is taken for what it does not mean. */
const PLAIN = /[^\s()"]+/y
const PLAIN_KEY = /[^\s()":=!<>]+|!(?!=)/y
const OPERATOR = /!=|>=|<=|[:=<>]/y

/** The pieces of a text, the last of which is its end. */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const one = text[at]!
    if (SPACE.test(one)) {
      at++
    } else if (one === '(' || one === ')' || (one === '-' && /[^\s)]/.test(text[at + 1] ?? ' '))) {
      tokens.push({ type: one as '(' | ')' | '-', at })
      at++
    } else {
      const term = readTerm(text, at)
      tokens.push(keyword(text, term) ?? term)
      at += term.source.length
      refuseGlued(text, at)
    }
  }
  tokens.push({ type: 'end', at: text.length })
  return tokens
}

function keyword(text: string, { source, at }: Term): Token | undefined {
  if (source === 'OR') return { type: 'or', at }
  if (source === 'AND')
    throw new QueryError(
      text,
      at,
      'AND is not a word of queries: what stands side by side must all hold. Leave it out, or write "AND" for the text',
    )
  if (source === 'NOT')
    throw new QueryError(
      text,
      at,
      'NOT is not a word of queries: write - before what must not hold, or "NOT" for the text',
    )
  return undefined
}

function refuseGlued(text: string, at: number): void {
  const next = text[at] ?? ' '
  if (next === ')' || SPACE.test(next)) return
  throw new QueryError(text, at, `expected a space before ${next}, or quotes around all of the text`)
}

function readTerm(text: string, at: number): Term {
  const key = readKey(text, at)
  const after = key.end
  OPERATOR.lastIndex = after
  const operator = OPERATOR.exec(text)?.[0] as Operator | undefined
  if (operator === undefined) {
    const value = readValue(text, at)
    return { type: 'term', at, value, source: text.slice(at, value.end) }
  }
  if (after === at)
    throw new QueryError(text, at, `expected a field or a key before ${operator}, or quotes around the text`)
  const value = readValue(text, after + operator.length)
  return {
    type: 'term',
    at,
    key: { text: key.text, isQuoted: key.isQuoted },
    operator,
    value,
    source: text.slice(at, value.end),
  }
}

function readKey(text: string, at: number): { text: string; isQuoted: boolean; end: number } {
  if (text[at] === '"') return { ...readQuoted(text, at), isQuoted: true }
  let end = at
  for (PLAIN_KEY.lastIndex = end; PLAIN_KEY.test(text); PLAIN_KEY.lastIndex = end) end = PLAIN_KEY.lastIndex
  return { text: text.slice(at, end), isQuoted: false, end }
}

/** `text`, `"text"`, either with `*` before or after it; nothing at all is an empty text. */
function readValue(text: string, at: number): Term['value'] & { end: number } {
  const before = text[at] === '*'
  const start = before ? at + 1 : at
  if (text[start] === '"') {
    const quoted = readQuoted(text, start)
    const after = text[quoted.end] === '*'
    return {
      type: 'pattern',
      text: quoted.text,
      before,
      after,
      isQuoted: true,
      at,
      end: quoted.end + (after ? 1 : 0),
    }
  }
  PLAIN.lastIndex = at
  const plain = PLAIN.exec(text)?.[0] ?? ''
  const body = plain.slice(before ? 1 : 0)
  const after = body.endsWith('*')
  return {
    type: 'pattern',
    text: after ? body.slice(0, -1) : body,
    before,
    after,
    isQuoted: false,
    at,
    end: at + plain.length,
  }
}

/** In quotes, `\"` is a quote and `\\` a backslash; any other backslash is one. */
function readQuoted(text: string, at: number): { text: string; end: number } {
  let found = ''
  for (let i = at + 1; i < text.length; i++) {
    const one = text[i]!
    if (one === '"') return { text: found, end: i + 1 }
    const isEscape = one === '\\' && (text[i + 1] === '"' || text[i + 1] === '\\')
    if (isEscape) i++
    found += text[i]
  }
  throw new QueryError(text, at, 'expected a closing " to this one')
}
