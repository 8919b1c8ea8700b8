import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readNative } from './read-native.ts'
import { blockOf, type TestColumn } from './testing.ts'

/** What is read: texts and numbers as they are, 64-bit integers as bigints or as numbers. */
const TYPES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  String: fc.string({ unit: 'binary', maxLength: 300 }),
  'LowCardinality(String)': fc.oneof(fc.constantFrom('', 'a', 'b'), fc.string({ unit: 'binary' })),
  'FixedString(8)': hex(8),
  'FixedString(16)': hex(16),
  UInt8: fc.nat({ max: 255 }),
  UInt32: fc.nat({ max: 2 ** 32 - 1 }),
  Int32: fc.integer(),
  UInt64: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  Int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  "DateTime64(9, 'UTC')": fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  Float64: fc.double(),
}

function hex(bytes: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((array) => Buffer.from(array).toString('hex'))
}

/** Some columns of one length. */
const block: fc.Arbitrary<TestColumn[]> = fc.integer({ min: 1, max: 20 }).chain((rows) => {
  const column = fc.constantFrom(...Object.keys(TYPES)).chain((type) =>
    fc.record({
      name: fc.string({ unit: 'grapheme', minLength: 1 }),
      type: fc.constant(type),
      values: fc.array(TYPES[type]!, { minLength: rows, maxLength: rows }),
    }),
  )
  return fc.uniqueArray(column, { minLength: 1, maxLength: 8, selector: ({ name }) => name })
})

const read = (bytes: Buffer) =>
  [...readNative(bytes)].map(({ rows, columns }) => ({
    rows,
    columns: [...columns].map(([name, values]) => [name, [...values]]),
  }))

const expected = (columns: readonly TestColumn[]) => ({
  rows: columns[0]?.values.length ?? 0,
  columns: columns.map(({ name, values }) => [name, values]),
})

test('what is written of one or several blocks is read back', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 3 }), (blocks) => {
      expect(read(Buffer.concat(blocks.map(blockOf)))).toEqual(blocks.map(expected))
    }),
    { numRuns: 300 },
  )
})

test('bytes that begin anywhere in their buffer are read as others', () => {
  fc.assert(
    fc.property(block, fc.nat({ max: 9 }), (columns, offset) => {
      const bytes = Buffer.concat([Buffer.alloc(offset), blockOf(columns)]).subarray(offset)
      expect(read(bytes)).toEqual([expected(columns)])
    }),
    { numRuns: 100 },
  )
})

test('bytes that end within a block are an error, wherever they end', () => {
  const bytes = blockOf([
    { name: 'a', type: 'String', values: ['x', 'longer'.repeat(30)] },
    { name: 'b', type: 'UInt64', values: [1, 2] },
    { name: 'c', type: 'FixedString(8)', values: ['00', '11'] },
  ])
  for (let end = 1; end < bytes.length; end++)
    expect(() => read(bytes.subarray(0, end)), `${end} bytes`).toThrow(RangeError)
  expect(read(bytes)).toHaveLength(1)
  expect(read(bytes.subarray(0, 0))).toEqual([])
})

test('texts: what is no Unicode becomes U+FFFD', () => {
  const values = ['\ud800', 'a\udc00b', '\udc00\ud800', '😀', '\0', 'é'.repeat(100), '漢'.repeat(50_000), '']
  const [{ columns }] = read(blockOf([{ name: 't', type: 'String', values }])) as [ReturnType<typeof read>[0]]
  expect(columns).toEqual([['t', values.map((value) => value.toWellFormed())]])
})

test('a hex text that is too short ends in zero bytes', () => {
  const bytes = blockOf([{ name: 'id', type: 'FixedString(4)', values: ['', 'ab', 'abcdef01'] }])
  expect(read(bytes)[0]!.columns).toEqual([['id', ['00000000', 'ab000000', 'abcdef01']]])
})

test('64-bit integers may be numbers or bigints', () => {
  const values = [0, 1, -1, 2 ** 32, 2 ** 53, -(2 ** 53), 5n, -5n, 2n ** 63n - 1n, -(2n ** 63n)]
  const [{ columns }] = read(blockOf([{ name: 'n', type: 'Int64', values }])) as [ReturnType<typeof read>[0]]
  expect(columns).toEqual([['n', values.map(BigInt)]])
})

test('a type that neither knows is an error that names it', () => {
  expect(() => blockOf([{ name: 'x', type: 'UUID', values: ['x'] }])).toThrow('UUID')
  const bytes = blockOf([{ name: 'x', type: 'UInt8', values: [1] }])
  bytes.write('UInt9', bytes.indexOf('UInt8'))
  expect(() => read(bytes)).toThrow('UInt9')
})
