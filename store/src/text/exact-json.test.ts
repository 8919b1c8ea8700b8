import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalsExact, parseExact, requireExact, stringifyExact } from './exact-json.ts'

/** What parseExact gives: no number is an integer beyond 2^53 that JavaScript writes as digits. */
const number = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= 1e21)
const large = fc
  .bigInt({ min: -(10n ** 60n), max: 10n ** 60n })
  .filter((value) => !Number.isSafeInteger(Number(value)))
const { tree: data } = fc.letrec((tie) => ({
  leaf: fc.oneof(number, large, fc.string({ unit: 'binary' }), fc.boolean(), fc.constant(null)),
  tree: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('tree'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}))

describe('numbers of JSON', () => {
  it('are the same after they were written and read, whatever their size', () => {
    fc.assert(
      fc.property(data, (value) => {
        requireExact(value)
        const read = parseExact(stringifyExact(value)!)
        expect(equalsExact(read, value)).toBe(true)
        expect(stringifyExact(read)).toBe(stringifyExact(value))
      }),
      { numRuns: 500 },
    )
  })

  it('are written as they were read: no text is rounded', () => {
    const digits = fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 })
      .map((all) => all.join(''))
    const integer = fc
      .tuple(fc.constantFrom('', '-'), fc.integer({ min: 1, max: 9 }), digits)
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(integer, (text) => {
        expect(stringifyExact(parseExact(text))).toBe(text)
        expect(equalsExact(parseExact(text), BigInt(text))).toBe(true)
        expect(equalsExact(parseExact(text), BigInt(text) + 1n)).toBe(false)
        expect(equalsExact(parseExact(`${text}.0`), parseExact(text))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['-9007199254740993', -9_007_199_254_740_993n],
    ['9007199254740993.0', 9_007_199_254_740_993n],
    ['1.2e20', 120_000_000_000_000_000_000n],
    ['1e+21', 1e21],
    ['1e23', 1e23],
    ['123456789012345678e9', 123_456_789_012_345_678_000_000_000n],
    ['1.5', 1.5],
    ['0.1000000000000000055511151231257827', 0.1],
    ['-0.0', -0],
    [
      '{"id":9007199254740993,"text":"9007199254740993"}',
      { id: 9_007_199_254_740_993n, text: '9007199254740993' },
    ],
  ])('%s is %o', (text, value) => {
    expect(parseExact(text)).toEqual(value)
  })

  it.each(['1e400', '-1e400', '1e-400', '9007199254740993.5', '9'.repeat(5_000)])(
    '%s is kept as it is written, and refused as data',
    (text) => {
      expect(stringifyExact(parseExact(`[${text}]`))).toBe(`[${text}]`)
      expect(() => requireExact({ input: { ids: parseExact(`[1,${text}]`) } })).toThrow(
        /^input\.ids\[1\] is .*, which no number holds: write it as text/,
      )
    },
  )
})

describe('data that JavaScript may have rounded, or JSON cannot hold', () => {
  it.each([
    [
      { input: { 'a b': [1, Number.NaN] } },
      'input["a b"][1] is NaN, which JSON cannot hold: write null, or text',
    ],
    [Number.NEGATIVE_INFINITY, 'the value is -Infinity, which JSON cannot hold'],
    [
      { n: 2 ** 53 },
      'n is 9007199254740992, an integer beyond 2^53, which JavaScript rounds: write it as a bigint',
    ],
    [[10n ** 5_000n], '[0] is an integer of more than 4096 digits'],
  ])('%o is refused', (value, message) => {
    expect(() => requireExact(value)).toThrow(message)
  })

  it('is nothing else', () => {
    const circular: unknown[] = []
    circular.push(circular)
    expect(() => requireExact(circular)).toThrow(TypeError)
    requireExact({ a: [2 ** 53 - 1, 1e21, 1.5, -0, 10n ** 30n, null, 'x', new Date(0), undefined] })
  })
})

describe('equal', () => {
  it.each([
    [0, -0, true],
    [1e21, 10n ** 21n, true],
    [1e23, 10n ** 23n, true],
    [9_007_199_254_740_992n, 9_007_199_254_740_993n, false],
    [{ a: 1, b: [2n] }, { b: [2], a: 1 }, true],
    [{ a: undefined }, {}, false],
    [[1], { 0: 1 }, false],
    ['1', 1, false],
    [new Date(0), {}, false],
    [null, {}, false],
  ])('%o and %o: %s', (a, b, expected) => {
    expect(equalsExact(a, b)).toBe(expected)
    expect(equalsExact(b, a)).toBe(expected)
  })
})
