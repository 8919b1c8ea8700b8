import { expectTypeOf, it } from 'vitest'
import { flow } from '../flow/flow.ts'
import { client } from './client.ts'
import type { Json } from './json.ts'

it('a client has the types that values have once they were JSON', () => {
  interface Order {
    readonly at: Date
    readonly lines: readonly { readonly item: string; readonly due?: Date | undefined }[]
    readonly note: string | null
    readonly raw: unknown
    price(): number
  }
  interface Sent {
    readonly at: string
    readonly lines: readonly { readonly item: string; readonly due?: string | undefined }[]
    readonly note: string | null
    readonly raw: unknown
  }
  expectTypeOf<Json<Order>>().toEqualTypeOf<Sent>()
  expectTypeOf<Json<[Date, URL]>>().toEqualTypeOf<[string, string]>()
  expectTypeOf<Json<'a' | 1 | undefined>>().toEqualTypeOf<'a' | 1 | undefined>()
  expectTypeOf<Json<bigint>>().toEqualTypeOf<never>()
  expectTypeOf<Json<Map<string, number>>>().toEqualTypeOf<Record<string, never>>()
  // biome-ignore lint/suspicious/noExplicitAny: what a flow without types gives
  expectTypeOf<Json<any>>().toBeAny()

  const flows = {
    order: flow('typed order', (item: string): Order => ({ item }) as unknown as Order),
    ticks: flow('typed ticks', async function* (count: number) {
      for (let tick = 0; tick < count; tick++) yield new Date(tick)
    }),
  }
  const shop = client<typeof flows>('http://127.0.0.1:1')
  expectTypeOf(shop.order.run).returns.resolves.toEqualTypeOf<Sent>()
  expectTypeOf(shop.ticks.run).returns.resolves.toEqualTypeOf<string[]>()
  expectTypeOf(shop.ticks.start).returns.toHaveProperty('result').toEqualTypeOf<Promise<string[]>>()
})
