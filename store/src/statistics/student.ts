import { logGamma } from './binomial.ts'
import { normalQuantile, normalTwoSided } from './normal.ts'

/**
 * The regularised incomplete beta function.
 * Source: the continued fraction DLMF 8.17.22, evaluated by Lentz's method; 8.17.4 where it converges slowly.
 */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  let c = 1
  let d = 1 / (1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d)
    c = 1 + even / c
    fraction *= c * d
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d)
    c = 1 + odd / c
    fraction *= c * d
    if (Math.abs(c * d - 1) < 1e-15) break
  }
  return (front * fraction) / a
}

/** P(|T| >= |t|) of Student's t distribution; with infinite degrees of freedom, of the normal. */
export function studentTwoSided(t: number, degrees: number): number {
  if (degrees === Infinity) return normalTwoSided(t)
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
}

/** The t >= 0 with P(|T| >= t) = p. */
export function studentReach(p: number, degrees: number): number {
  if (degrees === Infinity) return normalQuantile(1 - p / 2)
  let low = 0
  let high = 2
  while (studentTwoSided(high, degrees) > p) high *= 2
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (studentTwoSided(middle, degrees) > p) low = middle
    else high = middle
  }
  return high
}
