import { isField } from './fields.ts'
import type { Query, Value } from './query.ts'

/** The shortest text that parses to the same query. */
export function printQuery(query: Query): string {
  switch (query.type) {
    case 'all':
      return ''
    case 'or':
      return query.queries.map((one) => (one.type === 'or' ? inBrackets(one) : printQuery(one))).join(' OR ')
    case 'and':
      return query.queries.map(printOne).join(' ')
    case 'not':
      return `-${printOne(query.query)}`
    case 'word':
      return isPlainWord(query.text) ? query.text : quoted(query.text)
    case 'field':
      return `${query.field}${query.operator}${printValue(query.value)}`
    case 'attribute': {
      const { key, operator, value, orText } = query
      const isPlain = value.type !== 'pattern' || orText || operator === '!='
      return `${isPlain && isPlainKey(key) ? key : quoted(key)}${operator}${orText ? printPlain(value) : printValue(value)}`
    }
  }
}

function printOne(query: Query): string {
  return query.type === 'or' || query.type === 'and' ? inBrackets(query) : printQuery(query)
}

function inBrackets(query: Query): string {
  return `(${printQuery(query)})`
}

/** As it was written: a text that needs quotes is not text as well. */
function printPlain(value: Value): string {
  return value.type === 'pattern' ? `${value.text}${value.after ? '*' : ''}` : printValue(value)
}

function printValue(value: Value): string {
  if (value.type === 'amount') return value.text
  if (value.type === 'range') return `${value.from.text}..${value.to.text}`
  const { text, before, after } = value
  // What could be read as a range is not one.
  const isPlain = /^[^\s()"*]+$/.test(text) && !/.\.\../.test(text)
  return `${before ? '*' : ''}${isPlain ? text : quoted(text)}${after ? '*' : ''}`
}

function isPlainWord(text: string): boolean {
  return /^[^\s()":=!<>*-][^\s()":=!<>*]*$/.test(text) && !/^(OR|AND|NOT)$/.test(text)
}

function isPlainKey(key: string): boolean {
  return /^[^\s()":=!<>-][^\s()":=!<>]*$/.test(key) && !isField(key)
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
