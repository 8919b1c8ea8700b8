import { expect, test } from 'vitest'
import { DecodeError } from '../limits.ts'
import { protobufOfJson } from './request.ts'

const refusalOf = (body: string) => expect(() => protobufOfJson(Buffer.from(body)))

test.for([
  ['null', 'the body is null, expected an object'],
  ['[]', 'the body is an array, expected an object'],
  ['{"resourceSpans":{}}', 'resourceSpans is an object, expected an array'],
  ['{"resourceSpans":[1]}', 'resourceSpans[] is a number, expected an object'],
  ['{"resourceSpans":[{"resource":"x"}]}', 'resource is a string, expected an object'],
  ['{"resourceSpans":[{"scopeSpans":[true]}]}', 'scopeSpans[] is a boolean, expected an object'],
] as const)('%s is refused: %s', ([body, reason]) => {
  refusalOf(body).toThrow(new DecodeError(reason))
})

test.for([
  ['', 'it ends too early, after 0 bytes'],
  [' \n', 'it ends too early, after 2 bytes'],
  ['{"secret":', 'it ends too early, after 10 bytes'],
  ['{"secret":"', 'it ends too early, after 11 bytes'],
  ['{"secret":"\\', 'it ends too early, after 12 bytes'],
  ['{"secret":"\\u00', 'it ends too early, after 15 bytes'],
  ['{"secret":tru', 'it ends too early, after 13 bytes'],
  ['{"secret":1.', 'it ends too early, after 12 bytes'],
  ['{"a":NaN,"secret":1}', '"N" at byte 5 is not expected there'],
  ['{"a":"\\x"}', '"x" at byte 7 is not expected there'],
  ['{"a":"\\u00g0"}', '"g" at byte 10 is not expected there'],
  ['{"a":"\n"}', 'byte 10 at byte 6 is not expected there'],
  ['{"a":"\u0000"}', 'byte 0 at byte 6 is not expected there'],
  ['{"a":01}', '"1" at byte 6 is not expected there'],
  ['{"a":1.e5}', '"e" at byte 7 is not expected there'],
  ['{"a":.5}', '"." at byte 5 is not expected there'],
  ['{"a":+1}', '"+" at byte 5 is not expected there'],
  ['{"a":1e}', '"}" at byte 7 is not expected there'],
  ['{"a":1,}', '"}" at byte 7 is not expected there'],
  ['{"a":[1,]}', '"]" at byte 8 is not expected there'],
  ['{"a":[1}}', '"}" at byte 7 is not expected there'],
  ['{"a" 1}', '"1" at byte 5 is not expected there'],
  ['{a:1}', '"a" at byte 1 is not expected there'],
  ["{'a':1}", '"\'" at byte 1 is not expected there'],
  ['{"a":1}{', '"{" at byte 7 is not expected there'],
  ['{}\u0000', 'byte 0 at byte 2 is not expected there'],
  ['\u00a0{}', 'byte 194 at byte 0 is not expected there'],
  ['\ufeff\ufeff{}', 'byte 239 at byte 3 is not expected there'],
  ['secret', '"s" at byte 0 is not expected there'],
  [
    '{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":{"intValue":01}}]}}]}',
    '"1" at byte 77 is not expected there',
  ],
] as const)('%j is refused: %s', ([body, reason]) => {
  refusalOf(body).toThrow(new DecodeError(`the body is not JSON: ${reason}`))
})

test('brackets nest 1000 deep, wherever they are', () => {
  const nested = (depth: number) => `{"resourceSpans":[],"unknown":${'['.repeat(depth)}${']'.repeat(depth)}}`
  expect(protobufOfJson(Buffer.from(nested(1000)))).toHaveLength(0)
  refusalOf(nested(1001)).toThrow(new DecodeError('the body nests deeper than 1000'))
  const inText = JSON.stringify({ text: '[{\\"'.repeat(2 ** 20) })
  expect(protobufOfJson(Buffer.from(inText))).toHaveLength(0)
})

const FORM = 'expected {"resourceSpans":[{"scopeSpans":[{"spans":[...]}]}]}'

test.for([
  ['{"data":{"resourceSpans":[{}]}}', '"data" is unknown and resourceSpans is missing'],
  ['{"resourceMetrics":[]}', '"resourceMetrics" is unknown and resourceSpans is missing'],
  ['{"ResourceSpans":[{}],"resourceSpans":null}', '"ResourceSpans" is unknown and resourceSpans is missing'],
  ['{"resourceSpans":[{"spans":[{}]}]}', '"spans" is unknown and scopeSpans is missing'],
  ['{"resourceSpans":[{"scope_spans":[{"Spans":[{}]}]}]}', '"Spans" is unknown and spans is missing'],
  [
    `{"resourceSpans":[{"instrumentationLibrarySpans":[{"${'x'.repeat(1000)}":[]}]}]}`,
    `"${'x'.repeat(100)}" is unknown and spans is missing`,
  ],
] as const)('spans are not passed over where OTLP has no such member: %s', ([body, reason]) => {
  refusalOf(body).toThrow(new DecodeError(`${reason}, ${FORM}`))
})

test.for([
  '{}',
  '{"resourceSpans":[]}',
  '{"resourceSpans":null}',
  '{"unknown":1}',
  '{"resourceSpans":[{"resource":{},"schemaUrl":"x"},{"scopeSpans":[],"unknown":[]}]}',
  '{"data":{"resourceSpans":[{}]},"resourceSpans":[]}',
])('what has no spans anywhere is a request: %s', (body) => {
  refusalOf(body).not.toThrow()
})
