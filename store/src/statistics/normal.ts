/**
 * Complementary error function for x >= 0.
 * Source: Abramowitz & Stegun (1964), 7.1.6 (series) and 7.1.14 (continued fraction, evaluated backwards).
 */
function erfc(x: number): number {
  const square = x * x
  if (x < 2) {
    let term = x
    let sum = x
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= (2 * square) / (2 * k + 1)
      sum += term
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum
  }
  let fraction = 0
  for (let k = 120; k > 0; k--) fraction = k / 2 / (x + fraction)
  return Math.exp(-square) / Math.sqrt(Math.PI) / (x + fraction)
}

/** P(Z <= z) of the standard normal distribution; keeps its relative precision in the lower tail. */
export function normalCdf(z: number): number {
  const tail = erfc(Math.abs(z) / Math.SQRT2) / 2
  return z < 0 ? tail : 1 - tail
}

/** P(|Z| >= |z|). */
export function normalTwoSided(z: number): number {
  return erfc(Math.abs(z) / Math.SQRT2)
}

/**
 * The z with P(Z <= z) = p.
 * Source: Abramowitz & Stegun (1964), 26.2.23 as a start, then Halley's method on {@link normalCdf}.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`expected a probability 0..1, got ${p}`)
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity
  if (p > 0.5) return -normalQuantile(1 - p)
  const t = Math.sqrt(-2 * Math.log(p))
  let z =
    (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
  for (let i = 0; i < 3; i++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
    const step = (normalCdf(z) - p) / density
    z -= step / (1 + (z * step) / 2)
  }
  return z
}
