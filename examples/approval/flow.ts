import { setTimeout as sleep } from 'node:timers/promises'
import { flow, signal, WaitTimeoutError } from '@weir/sdk'
import { sqliteStore } from '@weir/sdk/stores/sqlite'
import { z } from 'zod'

const input = z.object({
  item: z.string().min(1).describe('What is ordered'),
  quantity: z.int().min(1).default(1),
  delivery: z.enum(['standard', 'express']).default('standard'),
  to: z.object({ city: z.string(), street: z.string().optional() }).optional(),
})
const output = z.object({ order: z.string(), outcome: z.enum(['charged', 'released']), by: z.string() })

/** What a human decides about an order. */
const approval = signal(
  'approval',
  z.object({ approved: z.boolean(), by: z.string().min(1), reason: z.string().optional() }),
)

/** An order reserves its items, waits for a human for two days, and is then charged, or its items are released. */
export function createOrderFlow(database: string) {
  const options = {
    version: '1',
    store: sqliteStore(database),
    signals: [approval],
    input,
    output,
    chunk: z.string(),
  }
  return flow('order', options, async ({ item, quantity }, { emit }) => {
    // A step may happen twice if its process is killed: a real shop would send `idempotencyKey` with the request.
    const order = await flow.step('reserve', async ({ idempotencyKey }) => {
      await sleep(300)
      return `order-${idempotencyKey.slice(0, 8)}`
    })
    emit(`${quantity} x ${item} reserved as ${order}; it waits for approval\n`)
    const decision = await flow.wait(approval, { timeout: '2d' }).catch((error: unknown) => {
      if (error instanceof WaitTimeoutError) return { approved: false, by: 'nobody' }
      throw error
    })
    const outcome = decision.approved ? 'charged' : 'released'
    await flow.step(decision.approved ? 'charge' : 'release', () => sleep(200))
    emit(`${order} ${outcome}\n`)
    return { order, outcome, by: decision.by } as const
  })
}
