/** A legal span that receivers get wrong, and what has to be stored of it. */
export interface OddSpan {
  readonly of: string
  readonly span: object
  readonly row: Readonly<Record<string, unknown>>
}

const MEGABYTE = 'é'.repeat(512 * 1024)
const SECOND = 1_000_000_000n
const START = 1_700_000_000n * SECOND

const attribute = (key: string, value: object) => ({ key, value })
const numbered = (count: number) => Array.from({ length: count }, (_, at) => at)
const unknown = { unknownMember: { of: ['any', { kind: 1 }, null] }, unknown_flag: true, other: -1e3 }

/** A list in a list in a list. */
function nested(depth: number): object {
  return depth === 0 ? { stringValue: 'deep' } : { arrayValue: { values: [nested(depth - 1)] } }
}

export const ODD_SPANS: readonly OddSpan[] = [
  {
    of: 'an attribute of 1 MiB',
    span: { attributes: [attribute('large', { stringValue: MEGABYTE })] },
    row: { attributes: { large: MEGABYTE } },
  },
  {
    of: '5,000 attributes',
    span: { attributes: numbered(5000).map((at) => attribute(`key.${at}`, { intValue: at })) },
    row: {
      attributes: Object.fromEntries(numbered(5000).map((at) => [`key.${at}`, String(at)])),
      attribute_types: 'i'.repeat(5000),
    },
  },
  {
    of: '2,000 events',
    span: { events: numbered(2000).map((at) => ({ name: `event ${at}`, timeUnixNano: String(at + 1) })) },
    row: { events: numbered(2000).map((at) => ({ timeUnixNano: String(at + 1), name: `event ${at}` })) },
  },
  {
    of: 'values of every type, empty ones too',
    span: {
      attributes: [
        attribute('text', { stringValue: '' }),
        attribute('integer', { intValue: '-9223372036854775808' }),
        attribute('number', { intValue: 9007199254740991 }),
        attribute('double', { doubleValue: 0.1 }),
        attribute('nan', { doubleValue: 'NaN' }),
        attribute('infinite', { doubleValue: '-Infinity' }),
        attribute('no', { boolValue: false }),
        attribute('bytes', { bytesValue: '//8=' }),
        attribute('list', { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'b' }] } }),
        attribute('empty list', { arrayValue: {} }),
        attribute('map', { kvlistValue: { values: [attribute('a', { boolValue: true })] } }),
        attribute('empty map', { kvlistValue: {} }),
        attribute('nothing', {}),
      ],
    },
    row: {
      attribute_types: 'siidddbyaakke',
      attributes: {
        text: '',
        integer: '-9223372036854775808',
        number: '9007199254740991',
        double: '0.1',
        nan: 'NaN',
        infinite: '-Infinity',
        no: 'false',
        bytes: '//8=',
        list: '{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"b"}]}}',
        'empty list': '{"arrayValue":{"values":[]}}',
        map: '{"kvlistValue":{"values":[{"key":"a","value":{"boolValue":true}}]}}',
        'empty map': '{"kvlistValue":{"values":[]}}',
        nothing: '',
      },
    },
  },
  {
    of: 'values nested 50 deep',
    span: { attributes: [attribute('nested', nested(50))] },
    row: { attributes: { nested: JSON.stringify(nested(50)) } },
  },
  {
    of: 'ids in upper case, kind as a number',
    span: { spanId: 'ABCDEFABCDEFABCD', parentSpanId: 'FFFFFFFFFFFFFFFF', kind: 3, status: { code: 2 } },
    row: { span: 'abcdefabcdefabcd', parent: 'ffffffffffffffff', otel_kind: 3, status: 'error' },
  },
  {
    of: 'times after 2262',
    span: { startTimeUnixNano: '18446744073709551615', endTimeUnixNano: '18446744073709551615' },
    row: { start_ns: '9223372036854775807', end_ns: '9223372036854775807', duration_ns: '0' },
  },
  {
    of: 'an end before the start',
    span: { startTimeUnixNano: String(START), endTimeUnixNano: String(START - SECOND) },
    row: { start_ns: String(START), end_ns: String(START - SECOND), duration_ns: '0' },
  },
  {
    of: 'no times',
    span: { startTimeUnixNano: 0, endTimeUnixNano: undefined },
    row: { start_ns: '0', end_ns: '0', duration_ns: '0' },
  },
  {
    of: 'unknown members everywhere',
    span: {
      ...unknown,
      attributes: [{ key: 'a', value: { ...unknown, intValue: 1 }, ...unknown }],
      events: [{ name: 'e', ...unknown, attributes: [{ key: 'b', value: { boolValue: true, ...unknown } }] }],
      links: [{ traceId: 'ff'.repeat(16), spanId: 'ee'.repeat(8), ...unknown }],
      status: { code: 1, ...unknown },
    },
    row: {
      attributes: { a: '1' },
      events: [{ name: 'e', attributes: [{ key: 'b', value: { boolValue: true } }] }],
      links: [{ traceId: 'ff'.repeat(16), spanId: 'ee'.repeat(8) }],
      status: 'ok',
    },
  },
]
