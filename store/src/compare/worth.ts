import { type EffectiveSize, type Inflation, inflationOf } from '../statistics/effective-size.ts'

export type Both<T> = readonly [base: T, candidate: T]

/** How many independent runs both sides are worth. */
export interface Sizes {
  /** Runs of the smaller side. */
  readonly n: number
  readonly sizes: Both<number>
  readonly inflation: Inflation
  /** Whether any depend on each other. */
  readonly reduced: boolean
  /** How many times as many runs as independent ones are needed. */
  readonly factor: number
  /** k1, n1, k2, n2 of that many runs, whole or not. */
  counts(k: Both<number>): [number, number, number, number]
}

export function worth([n, m]: Both<number>, effective: readonly EffectiveSize[]): Sizes {
  const [first = { size: n, degrees: Infinity }, second = { size: m, degrees: Infinity }] = effective
  const sizes: Both<number> = [first.size, second.size]
  return {
    n: Math.min(n, m),
    sizes,
    inflation: inflationOf(first, n, second, m),
    reduced: sizes[0] !== n || sizes[1] !== m,
    factor: Math.max(1, n / sizes[0] || 1, m / sizes[1] || 1),
    counts: ([k, l]) => [
      n === 0 ? 0 : (k * sizes[0]) / n,
      sizes[0],
      m === 0 ? 0 : (l * sizes[1]) / m,
      sizes[1],
    ],
  }
}
