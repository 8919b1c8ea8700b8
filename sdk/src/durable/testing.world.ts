import fc from 'fast-check'

/** What the run does, one after the other. */
export type Call =
  | { readonly kind: 'step'; readonly label: string }
  | { readonly kind: 'wait'; readonly name: string; readonly timeout?: number }
  | { readonly kind: 'sleep'; readonly duration: number }

/** A process dies at its nth operation on the store, before it or after it. */
export interface Death {
  readonly operation: number
  readonly after: boolean
}

export interface Case {
  readonly calls: readonly Call[]
  /** The name of each signal, in the order in which they are sent. */
  readonly signals: readonly string[]
  /** Of each worker, one process after the other; and of the sender. */
  readonly deaths: readonly (readonly Death[])[]
  /** How far the clock moves at each turn. */
  readonly ticks: readonly number[]
  /** How many turns of the others pass before an operation, by its number in all. */
  readonly stalls: readonly number[]
  /** How far the second worker's clock is ahead. */
  readonly skew: number
}

export const NAMES: readonly string[] = ['x', 'y']

const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('step' as const), label: fc.constantFrom('a', 'b') }),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        kind: fc.constant('wait' as const),
        name: fc.constantFrom(...NAMES),
        timeout: fc.integer({ min: 0, max: 15 }),
      },
      { requiredKeys: ['kind', 'name'] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sleep' as const), duration: fc.nat(15) }) },
)
const deaths = fc.array(fc.record({ operation: fc.nat(25), after: fc.boolean() }), { maxLength: 4 })
const stall = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(30) })
/** @param skew how far the second worker's clock is ahead */
export const world = (skew: fc.Arbitrary<number>): fc.Arbitrary<Case> =>
  fc.record({
    calls: fc.array(call, { minLength: 1, maxLength: 6 }),
    signals: fc.array(fc.constantFrom(...NAMES), { maxLength: 4 }),
    deaths: fc.tuple(deaths, deaths, deaths),
    ticks: fc.array(fc.nat(6), { minLength: 1, maxLength: 10 }),
    stalls: fc.array(stall, { minLength: 1, maxLength: 30 }),
    skew,
  })
