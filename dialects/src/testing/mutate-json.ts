import { replace } from './mutate-bytes.ts'
import type { Random } from './random.ts'

const VALUES: readonly string[] = [
  'null',
  'true',
  '""',
  '0',
  '-0',
  '-0.0e-0',
  '9007199254740993',
  '18446744073709551616',
  '-9223372036854775809',
  '"9223372036854775807"',
  '1e400',
  '5e-324',
  '0.1e1',
  '123456789012345678901234567890123456789012345678901234567890',
  '"NaN"',
  '"-Infinity"',
  '01',
  '.5',
  '+1',
  'NaN',
  '"\\ud800"',
  '"\\udc00\\ud83e\\udd16"',
  '"\\u0000\\b\\f\\/"',
  '"\\x"',
  '"\\u12"',
  '"\u{1f916}\u2028"',
  '"AP8B"',
  '"-_8="',
  '{"0":0,"1":255}',
  '[1,255,"x"]',
  '[]',
  '{}',
  '[[]]',
  '{"__proto__":1}',
  '{"stringValue":null}',
  '{"values":[{}]}',
  '{"stringValue":"a","stringValue":"b"}',
  '{"intValue":"x","doubleValue":"1"}',
  '"SPAN_KIND_SERVER"',
  '"toString"',
]
const KEYS: readonly string[] = [
  'stringValue',
  'intValue',
  'boolValue',
  'doubleValue',
  'arrayValue',
  'kvlistValue',
  'bytesValue',
  'values',
  'attributes',
  'key',
  'value',
  'spans',
  'events',
  'links',
  'traceId',
  'spanId',
  'parentSpanId',
  'startTimeUnixNano',
  'status',
  'code',
  'kind',
  'flags',
  'droppedAttributesCount',
  'string\\u0056alue',
  'string_value',
  'trace_id',
  'span\\u005fid',
  'start_time_unix_nano',
  'resource_spans',
  'resourceSpans',
  'ResourceSpans',
  'scope_spans',
  'scopeSpans',
  'instrumentationLibrarySpans',
  'instrumentation_library_spans',
  'instrumentationLibrary',
  'scope',
  'data',
  '__proto__',
  '',
]
/** Repeated items and nested values may take this many bytes. */
const MAX_REPEATED = 256 * 1024

/** One mutation at a token of a JSON body: its value, its key, its number of times, how deep it nests. */
export function mutateJson(body: Buffer, random: Random): Buffer {
  const [start, end] = pickToken(body, random)
  const token = body.toString('latin1', start, end)
  const by = (text: string) => replace(body, start, end, Buffer.from(text))
  const isKey = /^\s*:/.test(body.toString('latin1', end, end + 4))
  switch (random.below(6)) {
    case 0:
      return repeatRange(body, random)
    case 1:
      return Buffer.concat([
        Buffer.from(random.oneOf(['\ufeff', ' ', '\t\r\n', '\u00a0', '\ufeff\ufeff'])),
        body,
      ])
    case 2:
      return by(
        isKey ? `"${random.oneOf(KEYS)}"` : nested(random.oneOf(VALUES), random.powerOf(2, 14), random),
      )
    case 3:
      return by(isKey ? `${member(random)},${token}` : repeated(random.oneOf(VALUES), random.powerOf(10, 6)))
    case 4:
      return by(isKey ? `${token}:${random.oneOf(VALUES)},${token}` : `{${member(random)},${member(random)}}`)
    default:
      return by(isKey ? `${member(random)},${member(random)},${token}` : random.oneOf(VALUES))
  }
}

function member(random: Random): string {
  return `"${random.oneOf(KEYS)}":${random.oneOf(VALUES)}`
}

function nested(value: string, depth: number, random: Random): string {
  const [open, close] = random.oneOf([
    ['[', ']'],
    ['{"a":', '}'],
    ['{"arrayValue":{"values":[', ']}}'],
    ['{"kvlistValue":{"values":[{"key":"k","value":', '}]}}'],
  ] as const)
  return open.repeat(depth) + value + close.repeat(depth)
}

function repeated(value: string, times: number): string {
  const items = Array.from({ length: Math.min(times, MAX_REPEATED / (value.length + 1)) }, () => value)
  return `[${items.join(',')}]`
}

/** Repeats what stands between a bracket and a later one of the same kind, separated by a comma. */
function repeatRange(body: Buffer, random: Random): Buffer {
  const open = body.indexOf('{', random.below(body.length))
  const close = body.indexOf('}', open + random.below(400))
  if (open < 0 || close < open) return body
  return replace(body, open, open, Buffer.concat([body.subarray(open, close + 1), Buffer.from(',')]))
}

const DELIMITERS = new Set(Buffer.from(' \t\r\n,:[]{}"'))
const QUOTE = 0x22

/** Start and end of a text or a bare value at or after a random place. */
function pickToken(body: Buffer, random: Random): readonly [number, number] {
  let start = random.below(body.length)
  while (start < body.length && DELIMITERS.has(body[start]!) && body[start] !== QUOTE) start += 1
  let end = start + 1
  if (body[start] === QUOTE) {
    while (end < body.length && body[end] !== QUOTE) end += 1
    end += 1
  } else while (end < body.length && !DELIMITERS.has(body[end]!)) end += 1
  return [start, Math.min(end, body.length)]
}
