import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packRows, unpackRows } from './packed-rows.ts'
import { type SpanRow, withKeys } from './tree.ts'

const row: fc.Arbitrary<SpanRow> = fc.record({
  spanId: fc.string(),
  traceId: fc.string({ maxLength: 2 }),
  runId: fc.string({ maxLength: 2 }),
  name: fc.string({ maxLength: 3 }),
  kind: fc.constantFrom('step', 'model'),
  status: fc.constantFrom('ok', 'error'),
  startNs: fc.maxSafeInteger(),
  durationNs: fc.maxSafeNat(),
  ended: fc.boolean(),
  depth: fc.nat(50),
  model: fc.string({ maxLength: 2 }),
  errorType: fc.string({ maxLength: 2 }),
  attempts: fc.nat(9),
  attempt: fc.nat(9),
  fallback: fc.boolean(),
})

test('rows come out as they went in, through JSON', () => {
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      expect(unpackRows(JSON.parse(JSON.stringify(packRows(rows))))).toEqual(withKeys(rows))
    }),
  )
})
