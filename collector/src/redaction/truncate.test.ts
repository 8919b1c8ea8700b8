import fc from 'fast-check'
import { expect, test } from 'vitest'
import { truncate } from './truncate.ts'

const text = fc.string({ unit: 'binary', minLength: 20, maxLength: 400 }).map((value) => Buffer.from(value))

test('a cut value is a prefix of whole characters and a marker with the length that it had, within the limit', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 40, max: 200 }), (value, limit) => {
      const cut = truncate(value, limit, value.length)
      expect(cut.length).toBeLessThanOrEqual(limit)
      const [, kept, length] = /^(.*) \.\.\. \[truncated, (\d+) bytes\]$/s.exec(cut.toString()) ?? []
      expect(Number(length)).toBe(value.length)
      expect(value.toString().startsWith(kept!)).toBe(true)
      // No more is lost than the marker and one character need.
      if (value.length > limit) expect(limit - cut.length).toBeLessThan(4)
    }),
    { numRuns: 2_000 },
  )
})

test('bytes that are no UTF-8 are cut where the limit is', () => {
  expect(truncate(Buffer.alloc(100, 0x80), 40, 100)).toHaveLength(40)
})
