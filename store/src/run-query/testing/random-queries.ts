import fc from 'fast-check'
import { FIELDS, type FieldName, PARTS } from '../fields.ts'
import type { Query, Value } from '../query.ts'

const pattern = (texts: fc.Arbitrary<string>, hasStars: boolean): fc.Arbitrary<Value> =>
  fc.record({
    type: fc.constant('pattern' as const),
    text: texts,
    before: hasStars ? fc.boolean() : fc.constant(false),
    after: hasStars ? fc.boolean() : fc.constant(false),
  })

const amount = (texts: fc.Arbitrary<string>): fc.Arbitrary<Value> =>
  texts.map((text) => ({ type: 'amount', text }) as const)

const numbers = fc.integer({ min: 0, max: 20 }).map(String)
const AMOUNTS = {
  duration: fc.tuple(numbers, fc.constantFrom('ms', 's', 'm')).map((parts) => parts.join('')),
  cost: numbers.map((digits) => `$0.0${digits}`),
  count: numbers,
  number: fc.constantFrom('-1', '0', '0.5', '1', '42', '500'),
}

const operators = fc.constantFrom('>', '<', '>=', '<=') as fc.Arbitrary<'>'>
const equals = fc.constantFrom('=', '!=') as fc.Arbitrary<'='>

/** Random queries whose texts are of `texts`, and keys of attributes of `keys`. */
export function queries(
  texts: fc.Arbitrary<string>,
  keys: fc.Arbitrary<string> = texts,
): fc.Arbitrary<Query> {
  const valued = (
    types: { field: FieldName } | { key: string; orText: boolean },
    values: fc.Arbitrary<string>,
  ) => {
    const of =
      'field' in types ? { type: 'field' as const, ...types } : { type: 'attribute' as const, ...types }
    return fc.oneof(
      pattern(values, true).map((value) => ({ ...of, operator: ':' as const, value })),
      fc.tuple(equals, pattern(values, false)).map(([operator, value]) => ({ ...of, operator, value })),
    ) as fc.Arbitrary<Query>
  }
  const ordered = (of: object, amounts: fc.Arbitrary<string>) =>
    fc
      .tuple(operators, amount(amounts))
      .map(([operator, value]) => ({ ...of, operator, value })) as fc.Arbitrary<Query>
  const range = (of: object, amounts: fc.Arbitrary<string>) =>
    amount(amounts).map((end) => ({
      ...of,
      operator: ':',
      value: { type: 'range', from: end, to: end },
    })) as fc.Arbitrary<Query>
  const fields = (Object.keys(FIELDS) as FieldName[]).map((field): fc.Arbitrary<Query> => {
    const type = FIELDS[field]
    const of = { type: 'field' as const, field }
    if (type.is === 'amount') return fc.oneof(ordered(of, AMOUNTS[type.of]), range(of, AMOUNTS[type.of]))
    if (type.is === 'score')
      return fc.oneof(ordered(of, AMOUNTS.number), range(of, AMOUNTS.number), valued({ field }, texts))
    if (type.is === 'choice')
      return fc
        .tuple(fc.constantFrom(':', '=', '!='), fc.constantFrom(...(type.of as readonly string[])))
        .map(
          ([operator, text]) =>
            ({ ...of, operator, value: { type: 'pattern', text, before: false, after: false } }) as Query,
        )
    if (type.is === 'has')
      return fc
        .oneof(
          fc.constantFrom(...PARTS),
          keys.filter((key) => key !== ''),
        )
        .map(
          (text) =>
            ({
              ...of,
              operator: ':',
              value: { type: 'pattern', text, before: false, after: false },
            }) as Query,
        )
    return valued({ field }, texts)
  })
  const attributes = keys.chain((key) => {
    const of = { type: 'attribute' as const, key, orText: false }
    return fc.oneof(
      valued({ key, orText: false }, texts),
      ordered(of, AMOUNTS.number),
      range(of, AMOUNTS.number),
    )
  })
  // What is text as well is written plainly.
  const plain = fc
    .tuple(
      fc.constantFrom('timeout', 'http.status_code', 'https'),
      fc.constantFrom(':', '='),
      fc.constantFrom('30s', '//a.b/c?d=e', '42'),
    )
    .map(
      ([key, operator, text]) =>
        ({
          type: 'attribute',
          key,
          orText: true,
          operator,
          value: { type: 'pattern', text, before: false, after: false },
        }) as Query,
    )
  const words = texts.filter((text) => text !== '').map((text) => ({ type: 'word', text }) as const)
  const { query } = fc.letrec<{ query: Query; leaf: Query }>((tie) => ({
    leaf: fc.oneof(
      ...fields,
      { arbitrary: attributes, weight: 4 },
      { arbitrary: plain, weight: 2 },
      { arbitrary: words, weight: 4 },
    ),
    query: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { arbitrary: tie('leaf'), weight: 4 },
      {
        arbitrary: fc
          .tuple(fc.constantFrom('and', 'or'), fc.array(tie('query'), { minLength: 2, maxLength: 3 }))
          .map(([type, of]) => grouped(type as 'and', of as Query[])),
        weight: 3,
      },
      { arbitrary: tie('query').map((inner) => ({ type: 'not', query: inner }) as Query), weight: 1 },
    ),
  }))
  return query
}

/** As the parser has it: no group right in a group of its type. */
function grouped(type: 'and' | 'or', of: readonly Query[]): Query {
  return { type, queries: of.flatMap((one) => (one.type === type ? one.queries : [one])) }
}
