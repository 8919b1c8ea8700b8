import { expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { type Flow, flow } from '../index.ts'

it('infers input and output from the schemas', () => {
  const input = z.object({ query: z.string(), limit: z.number().default(5) })
  const output = z.object({ hits: z.array(z.string()).transform((hits) => hits.length) })

  const both = flow('both', { input, output }, (value) => {
    expectTypeOf(value).toEqualTypeOf<{ query: string; limit: number }>()
    return { hits: [value.query] }
  })
  expectTypeOf(both).toEqualTypeOf<Flow<{ query: string; limit?: number | undefined }, { hits: number }>>()

  const onlyInput = flow('in', { input }, async (value) => value.limit)
  expectTypeOf(onlyInput).toEqualTypeOf<Flow<{ query: string; limit?: number | undefined }, number>>()

  const onlyOutput = flow('out', { output }, (value: string) => ({ hits: [value] }))
  expectTypeOf(onlyOutput).toEqualTypeOf<Flow<string, { hits: number }>>()

  // @ts-expect-error: the handler must give what the output schema takes
  flow('wrong', { output }, () => ({ hits: 1 }))
})

it('infers them from the handler where there is no schema', () => {
  const plain = flow('plain', async (value: { id: number }) => value.id)
  expectTypeOf(plain).toEqualTypeOf<Flow<{ id: number }, number>>()
  expectTypeOf(plain.run).returns.toEqualTypeOf<Promise<number>>()
  const versioned = flow('versioned', { version: '1' }, () => 'x')
  expectTypeOf(versioned.run).parameter(0).toEqualTypeOf<unknown>()
  expectTypeOf(versioned.run).toBeCallableWith()
  // @ts-expect-error: this flow takes an input
  expectTypeOf(plain.run).toBeCallableWith()
})

it('knows the output of a flow whose handler calls steps', () => {
  const research = flow('research', async (query: string) => {
    const plan = await flow.step('plan', () => [query])
    return flow.step('answer', () => plan.length)
  })
  expectTypeOf(research).toEqualTypeOf<Flow<string, number>>()
})

it('lets any flow stand where the types do not matter', () => {
  const numbered = flow('numbered', (value: { id: number }) => value.id)
  expectTypeOf(numbered).toExtend<Flow<unknown, unknown>>()
})

it('gives a step the type of its function and of its fallback', () => {
  const { step } = flow
  expectTypeOf(() => step('a', () => 1)).returns.toEqualTypeOf<Promise<number>>()
  expectTypeOf(() =>
    step('a', async ({ attempt }) => String(attempt), { retry: { attempts: 2 } }),
  ).returns.toEqualTypeOf<Promise<string>>()
  expectTypeOf(() => step('a', () => 1, { fallback: () => null })).returns.toEqualTypeOf<
    Promise<number | null>
  >()
})
