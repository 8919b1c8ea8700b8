import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rows } from '../store.ts'
import { useStore } from '../testing.ts'
import { gather } from './gather.ts'

const store = useStore()

test.each([
  ['by lambda', 1],
  ['by sorting', 1_000_000],
])('gather %s: values by index, 0 gives the default', async (_, largest) => {
  const arrays = fc
    .array(fc.string({ maxLength: 3 }), { maxLength: 20 })
    .chain((values) =>
      fc.tuple(fc.constant(values), fc.array(fc.integer({ min: 0, max: values.length }), { maxLength: 20 })),
    )
  await fc.assert(
    fc.asyncProperty(arrays, async ([values, indexes]) => {
      const asked = gather('answered', 'asked', { found: { values: 'values', indexes: 'indexes' } }, largest)
      const query = `WITH
        asked AS (SELECT {values:Array(String)} AS values, {indexes:Array(UInt32)} AS indexes),
        ${asked}
        SELECT found FROM answered`
      const [row] = await rows<{ found: string[] }>(store(), query, { values, indexes })
      expect(row?.found).toEqual(indexes.map((index) => values[index - 1] ?? ''))
    }),
    { numRuns: 20, endOnFailure: true },
  )
})
