import { describe, expect, test } from 'vitest'
import { SpanBlock } from '../../columns/span-block.ts'
import { readNative } from '../../testing/native-reader.ts'
import { normaliseRequest, normaliseSpan, normaliseText, requestOf } from '../../testing/normalised.ts'
import { protobufOfJson } from './request.ts'

/** Type letter and text of one attribute value, given as JSON text so that its numbers stay as written. */
function stored(value: string): string {
  const marker = '"<value>"'
  const request = JSON.stringify(requestOf([{ attributes: [{ key: 'k', value: '<value>' }] }]))
  const row = normaliseText(request.replace(marker, value))
  return `${row.attribute_types} ${row.attributes[0]![1]}`
}

test.for([
  ['{"stringValue":"x"}', 's x'],
  ['{"stringValue":""}', 's '],
  ['{"stringValue":5}', 's 5'],
  ['{"boolValue":false}', 'b false'],
  ['{"boolValue":"true"}', 'b true'],
  ['{"intValue":"42"}', 'i 42'],
  ['{"intValue":-7}', 'i -7'],
  ['{"intValue":"1e3"}', 'i 1000'],
  ['{"intValue":9007199254740993}', 'i 9007199254740993'],
  ['{"intValue":9223372036854775807}', 'i 9223372036854775807'],
  ['{"intValue":"-9223372036854775808"}', 'i -9223372036854775808'],
  ['{"intValue":5.5}', 'd 5.5'],
  ['{"intValue":1e300}', 'd 1e+300'],
  ['{"intValue":"99999999999999999999"}', 'd 100000000000000000000'],
  ['{"intValue":"abc"}', 's abc'],
  ['{"intValue":""}', 'e '],
  ['{"intValue":null}', 'e '],
  ['{"intValue": null}', 'e '],
  ['{"stringValue":null}', 'e '],
  ['{"stringValue": null}', 'e '],
  ['{"stringValue": "x"}', 's x'],
  ['{"doubleValue":0.1}', 'd 0.1'],
  ['{"doubleValue":-0}', 'd -0'],
  ['{"doubleValue":"NaN"}', 'd NaN'],
  ['{"doubleValue":"-Infinity"}', 'd -Infinity'],
  ['{"doubleValue":null}', 'e '],
  ['{"bytesValue":"AP8B"}', 'y AP8B'],
  ['{"bytesValue":"-_8"}', 'y +/8='],
  ['{"bytesValue":{"0":0,"1":255}}', 'y AP8='],
  ['{"arrayValue":{}}', 'a {"arrayValue":{"values":[]}}'],
  [
    '{"arrayValue":{"values":[{"intValue":9007199254740993},{},{"doubleValue":"NaN"}]}}',
    'a {"arrayValue":{"values":[{"intValue":"9007199254740993"},{},{"doubleValue":"NaN"}]}}',
  ],
  [
    '{"kvlistValue":{"values":[{"key":"__proto__","value":{"boolValue":true}}]}}',
    'k {"kvlistValue":{"values":[{"key":"__proto__","value":{"boolValue":true}}]}}',
  ],
  ['{}', 'e '],
  ['null', 'e '],
  ['{"futureValue":1}', 'e '],
])('%s is stored as %s', ([value, expected]) => {
  expect(stored(value!)).toBe(expected)
})

test('a long integer inside a text is left alone', () => {
  expect(stored('{"stringValue":"{\\"id\\": 9007199254740993}"}')).toBe('s {"id": 9007199254740993}')
})

test('times as numbers keep their nanoseconds', () => {
  const text = JSON.stringify(requestOf([{ startTimeUnixNano: 1, endTimeUnixNano: 2 }]))
  const row = normaliseText(text.replace('"startTimeUnixNano":1', '"startTimeUnixNano":1700000000123456789'))
  expect(row.start).toBe(1700000000123456789n)
})

test('lone surrogates become U+FFFD, other characters stay', () => {
  expect(stored('{"stringValue":"x\\ud800y — 日本語 🤖"}')).toBe('s x\ufffdy — 日本語 🤖')
})

test('enums by name', () => {
  const row = normaliseSpan({ kind: 'SPAN_KIND_SERVER', status: { code: 'STATUS_CODE_ERROR' } })
  expect(row).toMatchObject({ otel_kind: 2, status_code: 2 })
})

test('events, links, flags, trace state and dropped counts', () => {
  const attributes = [{ key: 'a', value: { intValue: 1 } }]
  const row = normaliseSpan({
    traceState: 'a=b',
    flags: 257,
    droppedAttributesCount: 1,
    droppedEventsCount: 2,
    droppedLinksCount: 3,
    events: [{ timeUnixNano: '5', name: 'e', attributes, droppedAttributesCount: 4 }, { name: 'f' }],
    links: [{ traceId: '11'.repeat(16), spanId: '22'.repeat(8), traceState: 'c=d', flags: 1, attributes }],
  })
  expect(row).toMatchObject({
    trace_state: 'a=b',
    flags: 257,
    dropped_attributes: 1,
    dropped_events: 2,
    dropped_links: 3,
    events: JSON.stringify([
      {
        timeUnixNano: '5',
        name: 'e',
        attributes: [{ key: 'a', value: { intValue: '1' } }],
        droppedAttributesCount: 4,
      },
      { name: 'f' },
    ]),
    links: JSON.stringify([
      {
        traceId: '11'.repeat(16),
        spanId: '22'.repeat(8),
        traceState: 'c=d',
        attributes: [{ key: 'a', value: { intValue: '1' } }],
        flags: 1,
      },
    ]),
  })
})

test('resource and scope', () => {
  const attributes = [{ key: 'service.name', value: { stringValue: 's' } }]
  const scope = { name: 'lib', version: '1', attributes, droppedAttributesCount: 6 }
  const span = { traceId: '11'.repeat(16), spanId: '22'.repeat(8) }
  const row = normaliseRequest({
    resourceSpans: [
      {
        schemaUrl: 'r-url',
        resource: { attributes, droppedAttributesCount: 5 },
        scopeSpans: [{ schemaUrl: 's-url', scope, spans: [span] }],
      },
    ],
  })
  expect(row).toMatchObject({
    resource: JSON.stringify({ resource: { attributes, droppedAttributesCount: 5 }, schemaUrl: 'r-url' }),
    scope: JSON.stringify({ scope, schemaUrl: 's-url' }),
  })
})

const EVERY_MEMBER = {
  resourceSpans: [
    {
      schemaUrl: 'r-url',
      resource: { attributes: [], droppedAttributesCount: 5 },
      scopeSpans: [
        {
          schemaUrl: 's-url',
          scope: { name: 'lib', version: '1', attributes: [], droppedAttributesCount: 6 },
          spans: [
            {
              traceId: '11'.repeat(16),
              spanId: '22'.repeat(8),
              traceState: 'a=b',
              parentSpanId: '33'.repeat(8),
              name: 'n',
              kind: 2,
              startTimeUnixNano: '1',
              endTimeUnixNano: '2',
              attributes: [
                { key: 'camelCase', value: { stringValue: 'leftAlone' } },
                { key: 'i', value: { intValue: '1' } },
                { key: 'b', value: { boolValue: true } },
                { key: 'd', value: { doubleValue: 0.5 } },
                { key: 'y', value: { bytesValue: 'AP8B' } },
                { key: 'a', value: { arrayValue: { values: [{ intValue: 1 }] } } },
                { key: 'k', value: { kvlistValue: { values: [{ key: 'c', value: { intValue: 2 } }] } } },
              ],
              droppedAttributesCount: 1,
              events: [{ timeUnixNano: '5', name: 'e', attributes: [], droppedAttributesCount: 2 }],
              droppedEventsCount: 3,
              links: [
                {
                  traceId: '44'.repeat(16),
                  spanId: '55'.repeat(8),
                  traceState: 'c=d',
                  attributes: [],
                  droppedAttributesCount: 4,
                  flags: 1,
                },
              ],
              droppedLinksCount: 5,
              status: { code: 2, message: 'm' },
              flags: 257,
            },
          ],
        },
      ],
    },
  ],
}

test('every member may have the name of its .proto file', () => {
  const lowerCamelCase = JSON.stringify(EVERY_MEMBER)
  const proto = lowerCamelCase.replace(
    /"(\w+)":/g,
    (_, name: string) => `"${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`,
  )
  expect(proto).toContain('"resource_spans":')
  expect(proto).not.toMatch(/"\w*[A-Z]\w*":/)
  expect(protobufOfJson(Buffer.from(proto))).toEqual(protobufOfJson(Buffer.from(lowerCamelCase)))
})

test('of two spellings of one member, the last one stays', () => {
  const row = (members: string) =>
    normaliseText(JSON.stringify(requestOf([{ name: 'n' }])).replace('"name":"n"', members))
  expect(row('"trace_state":"first","traceState":"last"').trace_state).toBe('last')
  expect(row('"traceState":"first","trace_state":"last"').trace_state).toBe('last')
  expect(row('"traceState":"first","trace_state":null').trace_state).toBe('')
})

describe('spans by instrumentation library, as OTLP had them until 2022', () => {
  const span = (name: string) => ({ traceId: '11'.repeat(16), spanId: '22'.repeat(8), name })
  const library = { instrumentationLibrary: { name: 'lib', version: '1' }, spans: [span('of a library')] }

  test.for(['instrumentationLibrarySpans', 'instrumentation_library_spans'])('%s', (member) => {
    const row = normaliseRequest({ resourceSpans: [{ [member]: [library] }] })
    expect(row).toMatchObject({
      span_name: 'of a library',
      scope: JSON.stringify({ scope: { name: 'lib', version: '1' } }),
    })
  })

  test('are not read where the same spans are in scopes too', () => {
    const block = new SpanBlock()
    const scopeSpans = [{ spans: [span('of a scope')] }]
    const both = { resourceSpans: [{ instrumentationLibrarySpans: [library], scopeSpans }] }
    const neither = { resourceSpans: [{ instrumentationLibrarySpans: [library], scopeSpans: [] }] }
    const append = (request: object) =>
      block.append(protobufOfJson(Buffer.from(JSON.stringify(request))), 'default')
    expect([append(both), append(neither)]).toMatchObject([{ accepted: 1 }, { accepted: 1 }])
    expect(readNative(block.take())).toMatchObject([
      { span_name: 'of a scope' },
      { span_name: 'of a library' },
    ])
  })
})

test('values nested too deep are refused', () => {
  const deep = '{"arrayValue":{"values":['.repeat(200) + ']}}'.repeat(200)
  expect(() => stored(deep)).toThrow('nested deeper than 100')
})

test('millions of tiny values take no more memory than their bytes', () => {
  const spans = '{},'.repeat(3 * 2 ** 20)
  const body = Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${spans}{}]}]}]}`)
  const before = process.memoryUsage().heapUsed
  expect(protobufOfJson(body).length).toBeLessThan(2 * body.length)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(body.length)
})
