import fc from 'fast-check'
import { inject, test } from 'vitest'
import { postgresStore } from '../stores/postgres.ts'
import { Simulation } from './testing.simulation.ts'
import { world } from './testing.world.ts'

const connectionString = inject('postgresUrl')

test('a run comes to its end through crashes and races', async () => {
  await fc.assert(
    fc.asyncProperty(world(fc.constant(0)), fc.scheduler(), async (given, scheduler) => {
      const table = `t${crypto.randomUUID().slice(-11)}`
      const stores = [0, 1].map(() => postgresStore({ connectionString }, { table }))
      await new Simulation(given, scheduler, stores).check()
      for (const store of stores) await store.close()
    }),
    { numRuns: 15, endOnFailure: true },
  )
})
