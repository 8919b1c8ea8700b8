import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, test } from 'vitest'
import { memoryStore } from '../stores/memory.ts'
import { sqliteStore } from '../stores/sqlite.ts'
import { Simulation } from './testing.simulation.ts'
import { world } from './testing.world.ts'

const directory = mkdtempSync(join(tmpdir(), 'weir-durable-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('a run comes to its end through crashes and races, and each step, signal and lease is had once', async () => {
  await fc.assert(
    fc.asyncProperty(world(fc.constant(0)), fc.scheduler(), (given, scheduler) => {
      const store = memoryStore()
      return new Simulation(given, scheduler, [store, store]).check()
    }),
    { numRuns: 500 },
  )
})

test('so it does on a file', async () => {
  let files = 0
  await fc.assert(
    fc.asyncProperty(world(fc.constant(0)), fc.scheduler(), async (given, scheduler) => {
      const path = join(directory, `${files++}.db`)
      const stores = [sqliteStore(path), sqliteStore(path)]
      await new Simulation(given, scheduler, stores).check()
      for (const store of stores) await store.close()
    }),
    { numRuns: 50 },
  )
})

test('so it does when clocks differ, but for leases', async () => {
  await fc.assert(
    fc.asyncProperty(world(fc.integer({ min: 1, max: 30 })), fc.scheduler(), (given, scheduler) => {
      const store = memoryStore()
      return new Simulation(given, scheduler, [store, store]).check()
    }),
    { numRuns: 500 },
  )
})
