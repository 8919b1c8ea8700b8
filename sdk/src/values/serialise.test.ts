import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serialise } from './serialise.ts'

const json = (value: unknown, maxLength = 10_000) =>
  JSON.parse(serialise(value, maxLength)?.text ?? '') as unknown

describe('serialise', () => {
  it('keeps JSON as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
        fc.pre(typeof value !== 'string')
        // JSON has no -0.
        expect(json(value, 1_000_000)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('never throws, gives valid JSON and stays near the limit, whatever it is given', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withObjectString: true,
      withBoxedValues: true,
      withNullPrototype: true,
    })
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 500 }), (value, maxLength) => {
        const serialised = serialise(value, maxLength)
        if (serialised?.mimeType === 'application/json') JSON.parse(serialised.text)
        // A character may take six to escape; markers and brackets come on top.
        expect(serialised?.text.length ?? 0).toBeLessThan(maxLength * 6 + 400)
        expect(serialised?.text.isWellFormed() ?? true).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('keeps a string as text and cuts it with its length', () => {
    expect(serialise('abc', 3)).toEqual({ text: 'abc', mimeType: 'text/plain' })
    expect(serialise('abcd', 3)).toEqual({ text: 'abc', mimeType: 'text/plain', length: 4 })
  })

  it('cuts between two characters, wherever it cuts', () => {
    expect(serialise('a😀b', 2)).toMatchObject({ text: 'a', length: 4 })
    const text = fc.string({ unit: fc.constantFrom('a', '😀'), minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(text, fc.nat(40), (emojis, maxLength) => {
        for (const value of [emojis, [emojis, emojis], { [emojis]: emojis }, new Map([[emojis, emojis]])])
          expect(serialise(value, maxLength)?.text).not.toContain('\ufffd')
      }),
    )
  })

  it('records nothing for undefined', () => {
    expect(serialise(undefined, 10)).toBeUndefined()
  })

  it.each([
    ['a bigint', 12n, '12'],
    ['a huge bigint', 1n << 100_000n, '[bigint of more than 4096 bits]'],
    ['not a number', Number.NaN, 'NaN'],
    ['a function', function named() {}, '[function named]'],
    ['a symbol', Symbol('s'), '[Symbol(s)]'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['no date', new Date(Number.NaN), 'Invalid Date'],
    ['a buffer', Buffer.alloc(9), '[Buffer, 9 bytes]'],
    ['a typed array', new Float64Array(2), '[Float64Array, 16 bytes]'],
    ['a promise', Promise.resolve(1), '[Promise]'],
    ['a stream', new ReadableStream(), '[ReadableStream]'],
    ['a URL', new URL('http://x/'), 'http://x/'],
    ['a regular expression', /a/g, '/a/g'],
    ['a map', new Map<string, unknown>([['a', new Set([1])]]), { a: [1] }],
    ['a map with other keys', new Map([[1, 'x']]), [[1, 'x']]],
    [
      'a class instance',
      new (class Point {
        x = 1
        #y = 2
      })(),
      { x: 1 },
    ],
    ['an array with undefined', [undefined, () => 1], [null, '[function anonymous]']],
  ])('shows %s', (_, value, shown) => {
    expect(json(value)).toEqual(shown)
    expect(json({ nested: value })).toEqual({ nested: shown })
  })

  it('shows an error with its cause and its own properties', () => {
    const error = Object.assign(new TypeError('bad', { cause: 'why' }), { code: 'E1' })
    expect(json(error)).toEqual({
      name: 'TypeError',
      message: 'bad',
      stack: expect.stringContaining('TypeError: bad'),
      code: 'E1',
      cause: 'why',
    })
  })

  it('survives cycles, throwing getters, hostile proxies and depth', () => {
    const cyclic: { a: number; self?: unknown } = { a: 1 }
    cyclic.self = cyclic
    expect(json(cyclic)).toEqual({ a: 1, self: '[circular]' })
    const shared = { x: 1 }
    expect(json([shared, shared, 1n])).toEqual([{ x: 1 }, { x: 1 }, '1'])
    const getter = {
      get bad(): never {
        throw new Error('boom')
      },
      good: 1,
    }
    expect(json(getter)).toEqual({ bad: '[threw boom]', good: 1 })
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw undefined
        },
        getPrototypeOf: () => {
          throw undefined
        },
      },
    )
    expect(json({ hostile })).toEqual({ hostile: '[threw undefined]' })
    expect(
      json({
        toJSON: () => {
          throw new Error('no')
        },
      }),
    ).toBe('[threw no]')
    let deep: unknown = 1
    for (let level = 0; level < 10_000; level++) deep = [deep]
    expect(serialise(deep, 10_000)?.text).toContain('[too deep]')
  })

  it('says how much it left out', () => {
    expect(
      json(
        Array.from({ length: 1000 }, (_, n) => n),
        20,
      ),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, '… 991 more'])
    const wide = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key${n}`, n]))
    expect(json(wide, 29)).toEqual({ key0: 0, key1: 1, key2: 2, '…': '97 more' })
    expect(json({ text: 'x'.repeat(1000) }, 20)).toEqual({
      text: 'x'.repeat(12),
    })
  })

  it('says about how many characters JSON had', () => {
    const fit = serialise({ text: 'x' }, 100)
    expect(fit).not.toHaveProperty('length')
    const whole = JSON.stringify({ text: 'x'.repeat(1000) })
    expect(serialise({ text: 'x'.repeat(1000) }, 20)?.length).toBe(whole.length)
    const items = Array.from({ length: 1000 }, (_, n) => n)
    const { text, length } = serialise(items, 20)!
    expect(length).toBeGreaterThan(text.length)
    expect(length).toBeLessThan(JSON.stringify(items).length)
    const wide = serialise(Object.fromEntries(items.map((n) => [`key${n}`, n])), 29)!
    expect(wide.length).toBeGreaterThan(wide.text.length + 4000)
  })

  it('does not touch what it leaves out', () => {
    let read = 0
    const items = new Proxy(new Array(1_000_000).fill('0123456789'), {
      get(target, key, receiver) {
        read += 1
        return Reflect.get(target, key, receiver)
      },
    })
    expect(serialise(items, 1_000)?.text.length).toBeLessThan(1_100)
    expect(read).toBeLessThan(1_000)
  })
})
