import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sweep } from './sweep.ts'

const id = (value: bigint) => value.toString(16).padStart(32, '0')
const traceId = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(id)
/** As AWS X-Ray makes them: the first eight digits are the time, so that all of them are close to each other. */
const timedId = fc.bigInt({ min: 0n, max: 2n ** 98n - 1n }).map((value) => id((0x6a5n << 116n) + value))

/** Passes until a round ends; gives the ids in the order in which they were taken. */
function round(sweep: Sweep, due: ReadonlySet<string>): string[][] {
  const passes: string[][] = []
  for (let goesOn = true; goesOn; ) {
    const { first, last } = sweep.range
    const inRange = [...due].filter((each) => each >= first && each <= last).sort()
    const taken = inRange.slice(0, sweep.bounds.traces)
    passes.push(taken)
    goesOn = sweep.advance(taken.length >= sweep.bounds.traces ? taken.at(-1) : undefined)
  }
  return passes
}

test.each([
  ['random', traceId],
  ['timed', timedId],
])('a round takes every trace that is due, in the order of %s ids', (_, ids) => {
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(ids, { maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 2, max: 50 }),
      (rounds, traces) => {
        const sweep = new Sweep({ traces, spans: 1_000_000 })
        for (const due of rounds) {
          const taken = round(sweep, new Set(due)).flat()
          expect([...new Set(taken)]).toEqual([...due].sort())
          expect(sweep.range.first).toBe('0'.repeat(32))
        }
      },
    ),
  )
})

test('while one pass takes all that is due, a round is one pass over all ids', () => {
  const sweep = new Sweep()
  for (let nth = 0; nth < 3; nth++) {
    expect(sweep.range).toEqual({ first: '0'.repeat(32), last: 'f'.repeat(32) })
    expect(sweep.advance(undefined)).toBe(false)
  }
})

test('in a backlog, passes look at little more than they take', () => {
  const due = new Set(Array.from({ length: 2000 }, (_, n) => id((2n ** 128n / 2000n) * BigInt(n))))
  const sweep = new Sweep({ traces: 10, spans: 1_000_000 })
  round(sweep, due)
  let seen = 0
  let goesOn = true
  for (let pass = 0; goesOn; pass++) {
    const { first, last } = sweep.range
    const inRange = [...due].filter((each) => each >= first && each <= last).sort()
    if (pass > 20) seen = Math.max(seen, inRange.length)
    const taken = inRange.slice(0, 10)
    goesOn = sweep.advance(taken.length === 10 ? taken.at(-1) : undefined)
  }
  expect(seen).toBeLessThanOrEqual(25)
})

test('after thirty passes that failed, ten that are done take all again', () => {
  const sweep = new Sweep()
  const all = sweep.bounds.traces
  for (let failed = 0; failed < 30; failed++) sweep.narrow(sweep.bounds.traces / 2)
  expect(sweep.bounds.traces).toBe(1)
  for (let done = 0; done < 10; done++) sweep.advance(undefined)
  expect(sweep.bounds.traces).toBe(all)
})
