import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromStored, NotStorableError, toStored } from './stored-value.ts'

const roundTrip = async (value: unknown) => fromStored(await toStored('value', value))

test('values come back as they were', async () => {
  const shared = { a: 1 }
  const circle: { self?: unknown } = {}
  circle.self = circle
  const values = [
    undefined,
    null,
    -0,
    Number.NaN,
    12345678901234567890n,
    new Date(5),
    new Map<unknown, unknown>([[{ a: 1 }, new Set([undefined])]]),
    [shared, shared],
    circle,
    new URL('https://example.com/?a=b'),
    /a+/giu,
    new Uint8Array([0, 255]),
    '\0 \ud800 \u2028 </script>',
    { undefined, nested: [{ at: new Date(0) }] },
    Array(3),
  ]
  for (const value of values) expect(await roundTrip(value)).toStrictEqual(value)
  const [first, second] = (await roundTrip([shared, shared])) as object[]
  expect(first).toBe(second)
})

test('the text is such as every store keeps', async () => {
  const property = fc.asyncProperty(
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }),
    async (value) => {
      let text: string
      try {
        text = await toStored('value', value)
      } catch (error) {
        expect(error).toBeInstanceOf(NotStorableError)
        return
      }
      expect(text.isWellFormed() && !text.includes('\0')).toBe(true)
      expect(await fromStored(text)).toStrictEqual(value)
    },
  )
  await fc.assert(property, { numRuns: 1000 })
})

describe('errors', () => {
  test('keep class, name, message, stack, cause and simple fields', async () => {
    class NotFound extends TypeError {
      override readonly name = 'NotFound'
      readonly status = 404
      readonly client = { token: 'secret', close() {} }
    }
    const error = new NotFound('no page', { cause: new AggregateError([new RangeError('a'), 'b'], 'all') })
    const back = (await roundTrip({ error })) as { error: NotFound }
    expect(back.error).toBeInstanceOf(TypeError)
    expect(back.error).toMatchObject({
      name: 'NotFound',
      message: 'no page',
      stack: error.stack,
      status: 404,
    })
    expect(back.error).not.toHaveProperty('client')
    expect(String(back.error)).toBe('NotFound: no page')
    const cause = back.error.cause as AggregateError
    expect(cause).toBeInstanceOf(AggregateError)
    expect(cause.errors[0]).toBeInstanceOf(RangeError)
    expect(cause.errors[1]).toBe('b')
    expect(Object.keys(new Error('a', { cause: 1 }))).toEqual(
      Object.keys((await roundTrip(new Error('a', { cause: 1 }))) as Error),
    )
  })

  test('in a circle end', async () => {
    const error = new Error('a')
    error.cause = error
    expect(((await roundTrip(error)) as Error).cause).toMatchObject({ message: 'a' })
  })

  test('of an abort keep their name', async () => {
    const error = await roundTrip(AbortSignal.abort().reason)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'AbortError', message: 'This operation was aborted' })
  })
})

test.each([
  ['a function', { tools: [{ run: () => 1 }] }, '.tools[0].run is a function'],
  ['a symbol', [Symbol('a')], '[0] is a symbol'],
  ['a promise', { page: Promise.resolve() }, '.page is a promise'],
  ['an instance', { client: new (class OpenAI {})() }, '.client is an instance of OpenAI'],
  ['a value in a map', new Map([['a', () => 1]]), '.get("a") is a function'],
  ['the value itself', new WeakMap(), 'it is an instance of WeakMap'],
  [
    'a getter that throws',
    {
      get a() {
        throw new Error('no')
      },
    },
    'no',
  ],
])('%s is refused', async (_, value, problem) => {
  const message = `The output of step "plan" cannot be stored: ${problem}. Return plain data: objects, arrays, strings, numbers, dates, maps, sets, errors`
  await expect(toStored('output of step "plan"', value)).rejects.toThrow(new NotStorableError(message))
})
