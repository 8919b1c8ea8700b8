import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attributeText } from './any-value.ts'
import { AttributeList } from './attributes.ts'
import { DecodeError } from './limits.ts'
import { WireReader } from './wire-reader.ts'

/** The attribute that a KeyValue message is: its key, its type and its text. */
function read(message: Buffer): unknown {
  const bytes = Buffer.concat([varint(message.length), message])
  const reader = new WireReader(bytes)
  const attributes = new AttributeList()
  try {
    attributes.read(reader)
    expect(reader.pos).toBe(bytes.length)
    const { keyStart, keyEnd, type } = attributes
    return [bytes.toString('latin1', keyStart[0], keyEnd[0]), type[0], attributeText(bytes, attributes, 0)]
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
    return 'refused'
  }
}

function varint(value: number, padding = 0): Buffer {
  const bytes: number[] = []
  for (let rest = value; rest >= 0x80 || bytes.length < padding; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, value >>> (7 * bytes.length)])
}

const padding = fc.nat(3)
const delimited = (tag: number, content: fc.Arbitrary<Buffer>) =>
  fc
    .tuple(content, padding)
    .map(([bytes, pad]) => Buffer.concat([Buffer.from([tag]), varint(bytes.length, pad), bytes]))
const joined = (parts: fc.Arbitrary<Buffer>, maxLength: number) =>
  fc.array(parts, { maxLength }).map((list) => Buffer.concat(list))

const text = fc.oneof(
  fc.string({ maxLength: 20 }).map((value) => Buffer.from(value)),
  fc.integer({ min: 100, max: 20_000 }).map((size) => Buffer.alloc(size, 'x')),
)
const integer = fc
  .uint8Array({ maxLength: 11 })
  .map((bytes) => Buffer.from([...bytes.map((byte) => byte | 0x80), bytes.length % 128]))
const member = fc.oneof(
  delimited(0x0a, text),
  fc.tuple(fc.constantFrom(0x10, 0x18), integer).map(([tag, value]) => Buffer.from([tag, ...value])),
  fc.double().map((value) => {
    const bytes = Buffer.from([0x21, 0, 0, 0, 0, 0, 0, 0, 0])
    bytes.writeDoubleLE(value, 1)
    return bytes
  }),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
)
const oneOrMore = fc.oneof({ weight: 4, arbitrary: member }, { weight: 1, arbitrary: joined(member, 3) })
const keyValue = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(delimited(0x0a, text), delimited(0x12, oneOrMore)).map(Buffer.concat) },
  { weight: 1, arbitrary: joined(fc.oneof(delimited(0x0a, text), delimited(0x12, oneOrMore)), 4) },
)
/** A field that no version has: with it, no attribute is as encoders write it. */
const UNKNOWN = Buffer.from([0x78, 0])

test('the usual layout of an attribute is read as any other', () => {
  fc.assert(
    fc.property(keyValue, (message) => {
      expect(read(message)).toEqual(read(Buffer.concat([message, UNKNOWN])))
    }),
    { numRuns: 5000 },
  )
})
