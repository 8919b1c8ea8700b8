import { describe, expect, test } from 'vitest'
import { protobufOfJson } from '../otlp/json/request.ts'
import { readNative } from '../testing/native-reader.ts'
import { attributesOf, normaliseSpan, requestOf } from '../testing/normalised.ts'
import type { Cut } from './cuts.ts'
import { SpanBlock } from './span-block.ts'

const text = (stringValue: string) => ({ stringValue })

/** The span's input, its type and the attribute that it was moved from. */
function inputOf(values: Readonly<Record<string, object>>, span: object = {}): unknown[] {
  const attributes = Object.entries(values).map(([key, value]) => ({ key, value }))
  const row = normaliseSpan({ ...span, attributes })
  return [row.input, row.input_type, row.input_key]
}

describe('the type of an input', () => {
  test.for([
    [{ intValue: '42' }, '42', 'json'],
    [{ doubleValue: 0.5 }, '0.5', 'json'],
    [{ doubleValue: 'NaN' }, 'NaN', 'text'],
    [{ boolValue: true }, 'true', 'json'],
    [{ bytesValue: 'AAE=' }, 'AAE=', 'text'],
    [{ arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } }, '["a",1]', 'json'],
    [{ kvlistValue: { values: [{ key: 'a', value: { boolValue: false } }] } }, '{"a":false}', 'json'],
  ] as const)('is that of the attribute: %j', ([value, input, type]) => {
    expect(inputOf({ 'input.value': value, 'input.mime_type': text('text/plain') })).toEqual([
      input,
      type,
      '',
    ])
  })

  test.for([
    ['application/json', 'json'],
    ['application/json; charset=utf-8', 'json'],
    ['text/plain', 'text'],
    ['text/markdown', 'text'],
  ] as const)('of a text is what the mime type says: %s', ([mimeType, type]) => {
    const said = { 'input.value': text('"42"'), 'input.mime_type': text(mimeType) }
    expect(inputOf(said)).toEqual(['"42"', type, 'input.value'])
  })

  test.for([
    ['genkit:input', '"x"', 'json'],
    ['gen_ai.input.messages', '[]', 'json'],
    ['gen_ai.tool.call.arguments', '{}', 'json'],
    ['gen_ai.retrieval.query.text', 'weirs', 'text'],
    ['gen_ai.prompt', '{}', 'unknown'],
    ['input.value', '{}', 'unknown'],
  ] as const)('of a text without a mime type is what its key is known for: %s', ([key, value, type]) => {
    expect(inputOf({ [key]: text(value) })).toEqual([value, type, key])
  })

  test('is JSON where it was put together', () => {
    expect(inputOf({ 'llm.input_messages.0.message.content': text('hi') })).toEqual([
      '[{"content":"hi"}]',
      'json',
      '',
    ])
    const event = { name: 'gen_ai.user.message', attributes: attributesOf({ content: 'hi' }) }
    expect(inputOf({}, { events: [event] })).toEqual(['[{"role":"user","content":"hi"}]', 'json', ''])
  })

  test('is empty where nothing was recorded', () => {
    expect(inputOf({})).toEqual(['', '', ''])
    expect(inputOf({ 'input.value': {}, 'input.mime_type': text('text/plain') })).toEqual(['', '', ''])
  })
})

describe('an empty text', () => {
  const EMPTY = { 'input.value': text('') }

  test('is a value where it is meant as a text', () => {
    expect(inputOf({ ...EMPTY, 'input.mime_type': text('text/plain') })).toEqual(['', 'text', 'input.value'])
    expect(inputOf({ ...EMPTY, 'input.mime_type': text('application/json') })).toEqual([
      '',
      '',
      'input.value',
    ])
    expect(inputOf(EMPTY)).toEqual(['', '', 'input.value'])
  })

  test('gives way to any key that says more, wherever it stands', () => {
    const said = { 'genkit:input': text('"x"') }
    expect(inputOf({ ...EMPTY, ...said })).toEqual(['"x"', 'json', 'genkit:input'])
    expect(inputOf({ ...said, ...EMPTY })).toEqual(['"x"', 'json', 'genkit:input'])
    expect(inputOf({ ...EMPTY, 'llm.input_messages.0.message.content': text('hi') })[0]).toContain('hi')
    expect(inputOf({ 'genkit:input': text(''), ...EMPTY })).toEqual(['', '', 'input.value'])
  })
})

describe('the length that a value had', () => {
  const request = (values: Readonly<Record<string, object>>) => {
    const attributes = Object.entries(values).map(([key, value]) => ({ key, value }))
    return protobufOfJson(Buffer.from(JSON.stringify(requestOf([{ attributes }]))))
  }
  const lengthsOf = (bytes: Buffer, cuts: readonly Cut[]) => {
    const block = new SpanBlock()
    block.append(bytes, 'default', cuts)
    const [row] = readNative(block.take())
    return [row!.input_length, row!.output_length]
  }

  test('is what the client says, and 0 for a whole value', () => {
    const values = { 'input.value': text('abc'), 'output.value': text('d') }
    expect(lengthsOf(request(values), [])).toEqual([0, 0])
    const said = { ...values, 'weir.input.length': { intValue: '70000' } }
    expect(lengthsOf(request(said), [])).toEqual([70000, 0])
    expect(lengthsOf(request({ 'weir.input.length': { intValue: '7' } }), [])).toEqual([0, 0])
    expect(lengthsOf(request({ ...values, 'weir.input.length': { intValue: '-7' } }), [])).toEqual([0, 0])
  })

  test('is that before it was cut here', () => {
    const bytes = request({ 'input.value': text('héllo🤖'), 'output.value': text('world'), other: text('x') })
    const start = bytes.indexOf('héllo')
    expect(lengthsOf(bytes, [{ start, lost: 100 }])).toEqual([107, 0])
    expect(lengthsOf(bytes, [{ start: bytes.indexOf('world'), lost: 3 }])).toEqual([0, 8])
    expect(lengthsOf(bytes, [{ start: bytes.indexOf('other'), lost: 3 }])).toEqual([0, 0])
  })

  test('counts all pieces of a list', () => {
    const values = [text('abc'), text('def')]
    const bytes = request({ 'input.value': { arrayValue: { values } } })
    const cuts = ['abc', 'def'].map((piece) => ({ start: bytes.indexOf(piece), lost: 10 }))
    expect(lengthsOf(bytes, cuts)).toEqual(['["abc","def"]'.length + 20, 0])
  })
})
