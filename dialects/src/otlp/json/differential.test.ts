import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SpanBlock } from '../../columns/span-block.ts'
import { referenceProtobufOfJson } from '../../testing/json-reference.ts'
import { mutatedRequest } from '../../testing/mutate.ts'
import { DecodeError } from '../limits.ts'
import { protobufOfJson } from './request.ts'

/** What is stored of a request, or that it is refused. */
function outcome(convert: (body: Buffer) => Buffer, body: Buffer): unknown {
  const block = new SpanBlock()
  try {
    const appended = block.append(convert(body), 'default')
    return { appended, rows: block.take() }
  } catch (error) {
    if (error instanceof DecodeError) return 'refused'
    throw error
  }
}

function expectSameOutcome(body: Buffer): void {
  expect(outcome(protobufOfJson, body)).toEqual(outcome(referenceProtobufOfJson, body))
}

const space = fc.constantFrom('', '', '', ' ', '\n\t ', '\r\n')
/** Texts as JSON may write them: plain, with short escapes, or with all characters escaped. */
const textJson = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)),
  fc
    .array(fc.nat(0xffff), { maxLength: 6 })
    .map((units) => `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`),
  fc.constantFrom('"\\ud83e\\udd16"', '"\\udd16\\ud83e"', '"\\ud83e🤖"', '"\\/\\b\\f\\n\\r\\t\\\\\\""', '""'),
)
const numberJson = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.nat(300).map(String),
  fc.double().map((value) => JSON.stringify(value) ?? 'null'),
  fc.constantFrom(
    '-0',
    '-0.0',
    '0e9',
    '1E+2',
    '1e400',
    '-1e400',
    '5e-324',
    '4294967296',
    '18446744073709551616',
  ),
)
const scalarJson = fc.oneof(
  textJson,
  numberJson,
  numberJson.map((number) => `"${number}"`),
  fc.constantFrom(
    'true',
    'false',
    'null',
    '"NaN"',
    '"-Infinity"',
    '" 7 "',
    '"0x10"',
    '"AP8="',
    '"SPAN_KIND_CLIENT"',
  ),
)
const idJson = fc.oneof(
  fc.constantFrom('"000102030405060708090a0b0c0d0e0f"', '"0001020304050607"', '"ABCDEFabcdef0123"'),
  fc.constantFrom('"\\u0030001020304050607"', '"123"', '"12xx"', '""'),
)

/**
 * Objects with members of these names, some of them twice, some unknown. Of two that are unknown and have one name,
 * JSON.parse shows only the last, though the first may be what spans were expected in: these have their place as a suffix.
 */
function objectJson(members: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const member = fc.oneof(
    ...Object.entries(members).map(([name, value]) => fc.tuple(nameJson(name), space, space, value, space)),
    fc.tuple(unknownJson, space, space, fc.oneof(scalarJson, fc.json()), space),
  )
  return fc
    .tuple(space, fc.array(member, { maxLength: Object.keys(members).length + 2 }))
    .map(([gap, list]) => {
      const written = list.map(([name, before, after, value, end], at) => {
        const distinct = name.replace(PLACE, String(at))
        return `${distinct}${before}:${after}${value}${end}`
      })
      return `{${gap}${written.join(',')}}`
    })
}

const PLACE = '<place>'
const unknownJson = textJson.map((text) => `${text.slice(0, -1)}${PLACE}"`)

function nameJson(name: string): fc.Arbitrary<string> {
  const proto = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(`"${name}"`) },
    { weight: 2, arbitrary: fc.constant(`"${proto}"`) },
    { weight: 1, arbitrary: fc.constantFrom(firstEscaped(name), firstEscaped(proto)) },
  )
}

function firstEscaped(name: string): string {
  return `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}"`
}

function listJson(item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const list = fc
    .tuple(space, fc.array(fc.oneof({ weight: 20, arbitrary: item }, fc.constant('null')), { maxLength: 4 }))
    .map(([gap, items]) => `[${gap}${items.join(`${gap},${gap}`)}]`)
  return fc.oneof({ weight: 30, arbitrary: list }, scalarJson)
}

const { attributes } = fc.letrec<{ value: string; attributes: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    objectJson({ stringValue: scalarJson }),
    objectJson({ intValue: numberJson }),
    objectJson({
      stringValue: scalarJson,
      intValue: scalarJson,
      boolValue: scalarJson,
      doubleValue: scalarJson,
      bytesValue: fc.oneof(scalarJson, fc.constant('{"0":1,"1":300,"2":"x"}'), fc.constant('[1,-1,null]')),
      arrayValue: objectJson({ values: listJson(tie('value')) }),
      kvlistValue: objectJson({ values: tie('attributes') }),
    }),
  ),
  attributes: listJson(objectJson({ key: scalarJson, value: tie('value') })),
}))
const span = objectJson({
  traceState: scalarJson,
  parentSpanId: idJson,
  name: scalarJson,
  kind: scalarJson,
  startTimeUnixNano: scalarJson,
  endTimeUnixNano: scalarJson,
  attributes,
  droppedAttributesCount: scalarJson,
  events: listJson(
    objectJson({
      timeUnixNano: scalarJson,
      name: scalarJson,
      attributes,
      droppedAttributesCount: scalarJson,
    }),
  ),
  links: listJson(
    objectJson({ traceId: idJson, spanId: idJson, traceState: scalarJson, attributes, flags: scalarJson }),
  ),
  status: objectJson({ message: scalarJson, code: scalarJson }),
  flags: scalarJson,
}).map((json) =>
  json
    .replace('{', '{"spanId":"0001020304050607","traceId":"000102030405060708090a0b0c0d0e0f",')
    .replace(',}', '}'),
)
const scope = objectJson({
  name: scalarJson,
  version: scalarJson,
  attributes,
  droppedAttributesCount: scalarJson,
})
const scopeSpans = objectJson({ scope, spans: listJson(span), schemaUrl: scalarJson })
const librarySpans = objectJson({
  instrumentationLibrary: scope,
  spans: listJson(span),
  schemaUrl: scalarJson,
})
const resourceSpans = objectJson({
  resource: objectJson({ attributes, droppedAttributesCount: scalarJson }),
  scopeSpans: listJson(scopeSpans),
  instrumentationLibrarySpans: listJson(librarySpans),
  schemaUrl: scalarJson,
})

/** Attributes as most senders write them, but for a space or an odd value here and there. */
const seldomSpace = fc.oneof({ weight: 15, arbitrary: fc.constant('') }, { weight: 1, arbitrary: space })
const usualAttribute = fc
  .tuple(
    fc.array(seldomSpace, { minLength: 12, maxLength: 12 }),
    fc.oneof({ weight: 5, arbitrary: fc.constant('"k"') }, { weight: 1, arbitrary: scalarJson }),
    fc.constantFrom('stringValue', 'intValue', 'boolValue'),
    fc.oneof({ weight: 3, arbitrary: scalarJson }, { weight: 1, arbitrary: fc.constant('null') }),
  )
  .map(([gaps, key, member, value]) =>
    ['{', '"key"', ':', key, ',', '"value"', ':', `{"${member}"`, ':', value, '}', '}']
      .map((token, at) => token + gaps[at]!)
      .join(''),
  )
const usualSpan = fc
  .array(usualAttribute, { maxLength: 5 })
  .map(
    (list) =>
      `{"traceId":"${'01'.repeat(16)}","spanId":"${'02'.repeat(8)}","attributes":[${list.join(',')}]}`,
  )

test.for([
  ['usual attributes', usualSpan.map((json) => `{"resourceSpans":[{"scopeSpans":[{"spans":[${json}]}]}]}`)],
  ['attributes', listJson(span).map((spans) => `{"resourceSpans":[{"scopeSpans":[{"spans":${spans}}]}]}`)],
  ['owners', objectJson({ resourceSpans: listJson(resourceSpans) })],
] as const)('JSON becomes what JSON.parse makes of it: %s', ([_, request]) => {
  fc.assert(
    fc.property(request, (body) => expectSameOutcome(Buffer.from(body))),
    { numRuns: 800 },
  )
})

test('mutated captures become what JSON.parse makes of them', () => {
  let taken = 0
  for (let seed = 0; seed < 2500; seed++) {
    const { encoding, body } = mutatedRequest(seed)
    if (encoding !== 'json' || isTooDeep(body)) continue
    expectSameOutcome(body)
    taken += 1
  }
  expect(taken).toBeGreaterThan(1000)
})

/** JSON.parse has no limit there. */
function isTooDeep(body: Buffer): boolean {
  try {
    protobufOfJson(body)
    return false
  } catch (error) {
    return (error as Error).message === 'the body nests deeper than 1000'
  }
}
