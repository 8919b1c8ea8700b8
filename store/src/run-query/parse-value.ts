import { type AmountType, EXPECTED_AMOUNT, readAmount } from './amounts.ts'
import { FIELDS, type FieldName } from './fields.ts'
import type { Amount, Operator, Pattern, Range, Value } from './query.ts'
import { QueryError } from './query-error.ts'
import type { Term } from './tokens.ts'

/** A term that has a key. */
type KeyTerm = Term & Required<Pick<Term, 'key' | 'operator'>>

/** @throws QueryError where a field does not take the operator or the value */
export function readFieldValue(text: string, term: KeyTerm): Value {
  const { key, operator, value } = term
  const field = key.text as FieldName
  const type = FIELDS[field]
  if (type.is === 'amount') return readAmountOrRange(text, term, type.of)
  if (type.is === 'score') {
    if (isOrder(operator)) return readOneAmount(text, term, 'number')
    return readRange(text, term, 'number') ?? readPattern(text, term)
  }
  if (isOrder(operator) || (type.is === 'has' && operator !== ':'))
    throw new QueryError(
      text,
      term.at,
      `${field} takes ${type.is === 'has' ? ':' : ':, = or !='}, not ${operator}`,
    )
  const pattern = readPattern(text, term)
  if (type.is === 'choice' && !(type.of as readonly string[]).includes(written(pattern)))
    throw new QueryError(
      text,
      value.at,
      `expected ${list(type.of)} after ${field}${operator}, got "${written(pattern)}"`,
    )
  if (type.is === 'has' && (pattern.before || pattern.after || pattern.text === ''))
    throw new QueryError(
      text,
      value.at,
      `expected the whole name of a part or of an attribute after has:, got "${written(pattern)}"`,
    )
  return pattern
}

/** @throws QueryError */
export function readAttributeValue(text: string, term: KeyTerm): Value {
  if (isOrder(term.operator)) return readOneAmount(text, term, 'number')
  return readRange(text, term, 'number') ?? readPattern(text, term)
}

/** A value with its stars. */
export function written({ text, before, after }: Pick<Pattern, 'text' | 'before' | 'after'>): string {
  return `${before ? '*' : ''}${text}${after ? '*' : ''}`
}

function isOrder(operator: Operator): boolean {
  return operator.startsWith('<') || operator.startsWith('>')
}

/** After `=` and `!=` a star is a star. */
function readPattern(text: string, { key, operator, value }: KeyTerm): Pattern {
  const { at, isQuoted, text: found, before, after } = value
  if (!isQuoted && written(value) === '')
    throw new QueryError(text, at, `expected a value after ${key.text}${operator}; "" is the empty one`)
  if (operator === ':') {
    if (!isQuoted && found.includes('*'))
      throw new QueryError(
        text,
        at,
        `* stands for more text at an end only: put quotes around a star that is meant`,
      )
    return { type: 'pattern', text: found, before, after }
  }
  if (isQuoted && (before || after))
    throw new QueryError(
      text,
      at,
      `* stands for more text after : only; put it into the quotes, or write ${key.text}:`,
    )
  return { type: 'pattern', text: written(value), before: false, after: false }
}

function readAmountOrRange(text: string, term: KeyTerm, type: AmountType): Value {
  return readRange(text, term, type) ?? readOneAmount(text, term, type)
}

function readOneAmount(text: string, { key, operator, value }: KeyTerm, type: AmountType): Amount {
  const amount = written(value)
  if (value.isQuoted || readAmount(type, amount) === undefined)
    throw new QueryError(
      text,
      value.at,
      `expected ${EXPECTED_AMOUNT[type]}, after ${key.text}${operator}, got ${value.isQuoted || amount === '' ? `"${amount}"` : amount}`,
    )
  return { type: 'amount', text: amount }
}

/** Undefined where the value is no range of two amounts. */
function readRange(text: string, { key, operator, value }: KeyTerm, type: AmountType): Range | undefined {
  if (value.isQuoted || operator !== ':') return undefined
  const [, from, to] = /^(.+?)\.\.(.+)$/.exec(written(value)) ?? []
  if (from === undefined || to === undefined) return undefined
  const [low, high] = [readAmount(type, from), readAmount(type, to)]
  if (low === undefined || high === undefined) return undefined
  const isEmpty =
    type === 'duration' || type === 'count' ? BigInt(low) > BigInt(high) : Number(low) > Number(high)
  if (isEmpty)
    throw new QueryError(
      text,
      value.at,
      `the range after ${key.text}: ends before it begins: write ${to}..${from}`,
    )
  return { type: 'range', from: { type: 'amount', text: from }, to: { type: 'amount', text: to } }
}

function list(values: readonly string[]): string {
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
}
