import fc from 'fast-check'
import { inject, test } from 'vitest'
import { redisStore } from '../stores/redis.ts'
import { Simulation } from './testing.simulation.ts'
import { world } from './testing.world.ts'

const url = inject('redisUrl')

// Few, since each operation takes 100 ms where Valkey runs as WebAssembly.
test('a run comes to its end through crashes and races', async () => {
  await fc.assert(
    fc.asyncProperty(world(fc.constant(0)), fc.scheduler(), async (given, scheduler) => {
      const keyPrefix = crypto.randomUUID()
      const stores = [0, 1].map(() => redisStore(url, { keyPrefix }))
      await new Simulation(given, scheduler, stores).check()
      for (const store of stores) await store.close()
    }),
    { numRuns: 4, endOnFailure: true },
  )
})
