import { expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { type Flow, flow, init, observe, signal } from '../index.ts'
import { client } from '../serve/client.ts'
import { serve } from '../serve/serve.ts'
import { memoryStore } from '../stores/memory.ts'
import { sqliteStore } from '../stores/sqlite.ts'

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

it('says of the steps of a run what they give, by their labels', () => {
  const run = flow('typed steps', () => flow.step('plan', () => ['a'])).start()
  for (const step of run.steps()) {
    expectTypeOf(step.label).toEqualTypeOf<string>()
    expectTypeOf(step.output).toEqualTypeOf<unknown>()
  }
  for (const step of run.steps<{ plan: string[]; write: string }>()) {
    expectTypeOf(step.label).toEqualTypeOf<'plan' | 'write'>()
    if (step.label === 'plan') expectTypeOf(step.output).toEqualTypeOf<string[] | undefined>()
  }
})

it('takes an option that may be undefined, as variables of the environment are', () => {
  const text = undefined as string | undefined
  expectTypeOf(init).toBeCallableWith({ serviceName: text, apiKey: text, capture: { redact: undefined } })
  const kept = flow('kept', { version: text, store: memoryStore(), on: { failed: undefined } }, async () => {
    await flow.wait(signal('s'), { key: text, timeout: undefined })
    await flow.step('s', () => 1, { key: text, retry: { attempts: 2, delay: undefined }, timeout: undefined })
    await flow.map([1], String, { key: undefined, concurrency: undefined })
  })
  expectTypeOf(kept.run).toBeCallableWith(undefined, { user: text, session: text, idempotencyKey: text })
  expectTypeOf(kept.get('id').signal).toBeCallableWith(signal('s'), 1, { key: text, id: text })
  expectTypeOf(kept.session('id').history).toBeCallableWith({ turns: undefined })
  expectTypeOf(serve).toBeCallableWith({ kept }, { authorize: () => true, base: text })
  const remote = () => client<{ kept: typeof kept }>('http://localhost', { headers: undefined })
  expectTypeOf(() => remote().kept.run(undefined, { session: text })).returns.toEqualTypeOf<Promise<void>>()
  expectTypeOf(observe).toBeCallableWith({}, { provider: text })
  expectTypeOf(sqliteStore).toBeCallableWith('runs.db', { synchronous: undefined })
})
