import { readAmount } from './amounts.ts'
import type { Bound, Condition } from './condition.ts'
import type { Attribute, Operator, Pattern, Value } from './query.ts'
import { holdsDigits, holdsIndexedText, matchesPattern } from './text-condition.ts'

/** Whether a span of the run is of a kind. */
export function ofKind(pattern: Pattern, bound: Bound): Condition {
  return { is: 'span', anyOf: [matchesPattern('kind', pattern, bound)] }
}

/** Whether a span of the run has a name: its label, or the one that the client gave it. */
export function ofName(pattern: Pattern, bound: Bound): Condition {
  const [label, name] = [matchesPattern('name', pattern, bound), matchesPattern('span_name', pattern, bound)]
  return { is: 'span', anyOf: [`(${label} OR ${name})`] }
}

/** What the index `texts` of spans is of. */
const TEXTS = [
  ...['name', 'span_name', 'model', 'session_id', 'user_id', 'error_type', 'error_message', 'status_message'],
  ...['input', 'output'],
]

/** Whether text stands in a span of the run. */
export function inSpan(text: string, bound: Bound): Condition {
  const inTexts = holdsIndexedText(TEXTS, text, bound)
  const inId = holdsDigits('span_id', 8, text, bound)
  return { is: 'span', anyOf: inId ? [inTexts, inId] : [inTexts] }
}

/** Whether a span of the run, its resource or its scope has an attribute at all. */
export function hasAttribute(key: string, bound: Bound): Condition {
  const name = bound.bind(key)
  return {
    is: 'span',
    anyOf: [`mapContains(attributes, ${name})`],
    ofResources: ofResources(name, () => '1'),
  }
}

/** Whether a span of the run, its resource or its scope has such an attribute. */
export function ofAttribute(
  { key, operator, value }: Omit<Attribute, 'type' | 'orText'>,
  bound: Bound,
): Condition {
  const name = bound.bind(key)
  const test = valueTest(operator, value, bound)
  const isWhole = value.type === 'pattern' && !value.before && !value.after
  const own = isWhole
    ? hasPair(name, bound.bind(value.text))
    : `mapContains(attributes, ${name}) AND ${test(`attributes[${name}]`)}`
  return { is: 'span', anyOf: [own], isIndexed: isWhole, ofResources: ofResources(name, test) }
}

/**
 * SQL: whether a span has an attribute, by the indexes `attribute_pairs` and `new_attribute_pairs`, which know this very expression. A hash
 * of 64 bits stands for key and value: among 10 billion different pairs, one search in two billion finds a wrong one.
 */
function hasPair(key: string, value: string): string {
  return `has(arrayMap((key, value) -> reinterpretAsFixedString(cityHash64(key, value)), mapKeys(attributes), mapValues(attributes)),
          reinterpretAsFixedString(cityHash64(${key}, ${value})))`
}

/** SQL: the text of an attribute in OTLP/JSON. */
const OTLP_VALUE = `if(JSONType(attribute, 'value', 1) = 'String', JSONExtractString(attribute, 'value', 1), JSONExtractRaw(attribute, 'value', 1))`

/** SQL over `resources`: whether a resource has an attribute, and whether a scope has. */
function ofResources(key: string, test: (value: string) => string): Record<'resource' | 'scope', string> {
  const has = (place: 'resource' | 'scope') =>
    // Most have no such key, which is seen without parsing them.
    `position(${place}, if(match(${key}, '[^ !#-\\[\\]-~]'), '', ${key})) > 0
            AND arrayExists(attribute -> JSONExtractString(attribute, 'key') = ${key} AND ${test(OTLP_VALUE)},
            JSONExtractArrayRaw(${place}, '${place}', 'attributes'))`
  return { resource: has('resource'), scope: has('scope') }
}

const DECIMAL = `'^-?[0-9]+(\\\\.[0-9]+)?([eE][+-]?[0-9]+)?$'`

/** SQL: whether a value is what was asked for: as text, or as a number if one was. */
function valueTest(operator: Operator, value: Value, bound: Bound): (value: string) => string {
  if (value.type === 'pattern') {
    return (column) => `(${matchesPattern(column, value, bound)})`
  }
  const compare = amountTest(operator, value, 'number', 'Float64', bound)
  return (column) => `(match(${column}, ${DECIMAL}) AND ${compare(`toFloat64OrZero(${column})`)})`
}

/** SQL: how a number compares to an amount, or whether it is in a range. */
export function amountTest(
  operator: Operator,
  value: Exclude<Value, Pattern>,
  type: Parameters<typeof readAmount>[0],
  sqlType: 'UInt64' | 'Float64',
  bound: Bound,
): (column: string) => string {
  const amount = (text: string) => bound.bind(readAmount(type, text), sqlType)
  if (value.type === 'range') {
    const [from, to] = [amount(value.from.text), amount(value.to.text)]
    return (column) => `${column} BETWEEN ${from} AND ${to}`
  }
  const than = amount(value.text)
  return (column) => `${column} ${operator === ':' ? '=' : operator} ${than}`
}
