import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SEARCH_BOUNDS, searchRuns } from '../pages/runs.ts'
import { EPOCH_MS, useStore } from '../testing.ts'
import { printQuery } from './print.ts'
import { queries } from './testing/random-queries.ts'
import { fillWithRuns, KEYS, TEXTS } from './testing/random-runs.ts'
import { isTrue } from './testing/reference-filter.ts'

const store = useStore()
const window = { from: new Date(EPOCH_MS - 1000), to: new Date(EPOCH_MS + 3_600_000) }

/** Orders and bounds under which a search finds its way otherwise. */
const WAYS = fc.constantFrom(
  { order: 'oldest', ...SEARCH_BOUNDS } as const,
  { order: 'newest', ...SEARCH_BOUNDS } as const,
  { order: 'newest', newestRuns: 5, fewTraces: 1_000 } as const,
  { order: 'newest', newestRuns: 5, fewTraces: 0 } as const,
)

test('a query finds what a slow filter finds, over random runs', async () => {
  const seed = fc.sample(fc.integer({ min: 1, max: 1e9 }), 1)[0]!
  const documents = await fillWithRuns(store(), seed)
  expect(documents.length).toBeGreaterThan(60)
  let found = 0
  await fc.assert(
    fc.asyncProperty(
      queries(fc.constantFrom(...TEXTS), fc.constantFrom(...KEYS)),
      WAYS,
      async (query, way) => {
        const { order, ...bounds } = way
        const { runs } = await searchRuns(store(), { ...window, query, order, limit: 500 }, bounds)
        const expected = documents.filter((document) => isTrue(document, query)).map(({ run }) => run.run_id)
        expect(runs.map(({ runId }) => runId).sort(), `${printQuery(query)}, runs of seed ${seed}`).toEqual(
          expected.sort(),
        )
        if (runs.length > 0 && runs.length < documents.length) found++
      },
    ),
    { numRuns: 150, interruptAfterTimeLimit: 100_000 },
  )
  expect(found).toBeGreaterThan(10)
}, 180_000)
