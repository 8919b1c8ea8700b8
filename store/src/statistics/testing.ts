import { normalQuantile } from './normal.ts'

/** A seeded stream of uniform numbers in (0, 1), so that simulations repeat exactly (mulberry32 by T. Ettinger). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296
  }
}

/** n values as step durations look: lognormal, in milliseconds. */
export function lognormal(next: () => number, n: number, median = 100, sigma = 0.5): number[] {
  return Array.from({ length: n }, () => median * Math.exp(sigma * normalQuantile(next())))
}
